# How to build and run it: see docker-compose.yml.

# The full image brings python3, make and g++ (and Node's headers in /usr/local/include), with which
# better-sqlite3 is compiled where no prebuilt binary fits. None of it reaches the second stage.
FROM node:22-bookworm AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY packages/client/package.json ./packages/client/
COPY apps/web/package.json ./apps/web/
# The npm of this image may be too old to know "allowScripts": run no install script at all, and
# then the one that is wanted.
RUN npm ci --ignore-scripts && npm_config_nodedir=/usr/local npm rebuild better-sqlite3
COPY nest-cli.json tsconfig.json tsconfig.build.json ./
COPY src ./src
COPY packages ./packages
COPY apps ./apps
# Of the optional packages sharp stays, which makes thumbnails; typescript, which the build alone uses, and a
# part of pg for another runtime go. The chat page is built files by then: without the workspaces its packages go with the others.
# Of better-sqlite3 the server loads one compiled file: SQLite's sources and objects go too.
RUN npm run build \
  && chmod +x dist/cli.js \
  && npm pkg delete workspaces \
  && npm prune --omit=dev --ignore-scripts \
  && rm -rf node_modules/typescript node_modules/pg-cloudflare \
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
COPY --from=build /app/apps/web/dist ./apps/web/dist
COPY scripts/health.sh scripts/make-keys.mjs ./scripts/
# A new named volume takes over the owner and the mode of its folder. The group is that of a process with any
# other uid (docker run --user 12345, OpenShift), which is root's and gives no right elsewhere. What the
# server writes is for its own uid alone.
RUN ln -s /app/dist/cli.js /usr/local/bin/conclave && install -d -o node -g root -m 0770 /data /attachments
VOLUME ["/data"]
USER node
EXPOSE 3000
# The start period is for migrations. It starts no Node, which would take some 50 MiB each time.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s CMD ["bash", "/app/scripts/health.sh"]
CMD ["node", "--max-semi-space-size=32", "dist/main.js"]
