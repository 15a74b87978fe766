# syntax=docker/dockerfile:1
# The module with its generated client and its migrations: docs/deployment.md says how to use it.

# 3.12 is the newest Python that Prisma Client Python 0.15 names.
FROM python:3.12-slim AS build
ENV PATH=/opt/chat/bin:$PATH
WORKDIR /src
COPY pyproject.toml LICENSE schema.prisma ./
COPY migrations migrations
COPY scripts scripts
COPY src src
# Prisma's files come along with `src` where they have been fetched already.
RUN --mount=type=cache,target=/root/.cache/pip \
    python scripts/fetch_prisma.py \
    && python -m venv --without-pip /opt/chat \
    && pip --python /opt/chat install ./src . \
    && mkdir /srv/database \
    && cp -r /opt/chat/lib/python3*/site-packages/database/schema.prisma \
        /opt/chat/lib/python3*/site-packages/database/migrations /srv/database
# Beside the client it leaves the query compiler translated to machine code: nothing has to be written at run time.
RUN python -m prisma_engine generate \
    && python -m compileall -q /opt/chat/lib

FROM python:3.12-slim
ENV PATH=/opt/chat/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
COPY --from=build /opt/chat /opt/chat
COPY --from=build /srv/database /srv/database
WORKDIR /srv/database
# Any user will do, also one without a name: all files are root's, everybody may read them, and nothing is written.
USER 10001:0
CMD ["python", "-m", "prisma_engine", "migrate", "deploy"]
