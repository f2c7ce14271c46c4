# How to build and run it: see docker-compose.yml.

# The full image brings python3, make and g++ (and Node's headers in /usr/local/include), with which
# better-sqlite3 is compiled where no prebuilt binary fits. None of it reaches the second stage.
FROM node:22-bookworm AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The npm of this image may be too old to know "allowScripts": run no install script at all, and
# then the one that is wanted.
RUN npm ci --ignore-scripts && npm_config_nodedir=/usr/local npm rebuild better-sqlite3
COPY nest-cli.json tsconfig.json tsconfig.build.json ./
COPY src ./src
# The optional packages are typescript, which the build alone uses, and a part of pg for another
# runtime. Of better-sqlite3 the server loads one compiled file: SQLite's sources and objects go too.
RUN npm run build \
  && npm prune --omit=dev --omit=optional --ignore-scripts \
  && cd node_modules/better-sqlite3 \
  && rm -rf deps src build/Release/obj* build/Release/*.a

FROM node:22-bookworm-slim
ENV NODE_ENV=production \
  HOST=0.0.0.0 \
  DATA_DIR=/data
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY scripts/backup.mjs ./scripts/
# A new named volume takes over the owner and the mode of this folder.
RUN install -d -o node -g node -m 0700 /data
VOLUME ["/data"]
USER node
EXPOSE 3000
HEALTHCHECK --interval=15s --timeout=5s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT || 3000) + '/health/live').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--max-semi-space-size=32", "dist/main.js"]
