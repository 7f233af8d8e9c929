"""Rate limits (accounts/rate_limits/).

Each is far above what a team at work needs: they stop programs that run wild, and attacks.
"""

from accounts import conf
from config.settings.environment import env

# LIMIT_CALLS_PERSON is that of `calls_person`, such as 600/minute or 5/5minutes; 0 is no limit.
LIMITS = {
    **{name: env.str(f"LIMIT_{name.upper()}", default=rate) for name, rate in conf.LIMITS.items()},
    **conf.INTERNAL_LIMITS,
}
