# A kha worker (or any other kha command) as a container.
FROM node:20-bookworm-slim AS build
WORKDIR /kha
COPY package.json package-lock.json .npmrc tsconfig.json tsconfig.build.json ./
RUN npm ci
COPY src src
COPY scripts scripts
RUN npm run build && npm prune --omit=dev

FROM node:20-bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends openssh-client ca-certificates tini && rm -rf /var/lib/apt/lists/*
WORKDIR /kha
COPY --from=build /kha/node_modules node_modules
COPY --from=build /kha/dist dist
COPY package.json ./
COPY config config
# Volumes mounted there belong to whatever user the container runs as.
RUN install -d -m 1777 /var/lib/kha
ENTRYPOINT ["tini", "--", "node", "/kha/dist/cli/main.js"]
CMD ["worker"]
