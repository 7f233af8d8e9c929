# docker build --tag mcp . — docs/settings.md lists the settings for running it.
FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1

WORKDIR /app

COPY requirements.txt ./
RUN pip install --requirement requirements.txt

COPY . .

# A user without write access: all data is in the database.
RUN useradd --system --uid 10001 --no-create-home app
USER app

ENV BIND=0.0.0.0 PORT=9000
EXPOSE 9000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["python", "-m", "config.observability.healthcheck"]
CMD ["gunicorn", "--config", "config/gunicorn.py", "config.asgi"]
