// The peer in as many processes as WORKERS says (1): they share the port.
const cluster = require("node:cluster");

const workers = Number(process.env.WORKERS || 1);
if (cluster.isPrimary && workers > 1) {
  for (let n = 0; n < workers; n++) cluster.fork();
  process.on("SIGTERM", () => process.exit(0));
} else {
  require("./postgraphile.cjs");
}
