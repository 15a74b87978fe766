# syntax=docker/dockerfile:1
# The module with its generated client and its migrations, without Node.js: docs/deployment.md says how to use it.

# 3.12 is the newest Python that Prisma Client Python 0.15 names.
FROM python:3.12-slim AS build
COPY --from=node:24-slim /usr/local/ /usr/local/
ENV PATH=/opt/chat/bin:$PATH
WORKDIR /src
COPY pyproject.toml README.md package.json package-lock.json schema.prisma ./
COPY migrations migrations
COPY src src
RUN --mount=type=cache,target=/root/.cache/pip \
    python -m venv --without-pip /opt/chat \
    && pip --python /opt/chat install . \
    && mkdir /srv/database \
    && cp -r /opt/chat/lib/python3*/site-packages/database/schema.prisma \
        /opt/chat/lib/python3*/site-packages/database/migrations /srv/database
# Beside the client it leaves the query compiler translated to machine code: nothing has to be written at run time.
RUN --mount=type=cache,target=/root/.npm \
    python -m prisma_engine generate \
    && python -m compileall -q /opt/chat/lib

FROM python:3.12-slim
ENV PATH=/opt/chat/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
COPY --from=build /opt/chat /opt/chat
COPY --from=build /srv/database /srv/database
WORKDIR /srv/database
# Any user will do, also one without a name: all files are root's, everybody may read them, and nothing is written.
USER 10001:0
CMD ["python", "-m", "prisma_engine", "migrate", "deploy"]
