# docker build --tag mcp . — docs/settings.md lists what it needs to know at run time.
FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1

WORKDIR /app

COPY requirements.txt ./
RUN pip install --requirement requirements.txt

COPY . .

# Nobody in particular, who may write nowhere: everything that is kept is in the database.
RUN useradd --system --uid 10001 --no-create-home app
USER app

ENV BIND=0.0.0.0 PORT=9000
EXPOSE 9000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["python", "-m", "config.observability.healthcheck"]
CMD ["gunicorn", "--config", "config/gunicorn.py", "config.asgi"]
