import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nginxPath } from "../lib/nginx-path.js";
import { chatAppPort, tellParent } from "./serve.js";

/** nginx with one worker, kept connections to the app, no log, no buffering of streams. */
const program = nginxPath();
if (program === undefined) throw new Error("nginx is not installed.");
const folder = mkdtempSync(join(tmpdir(), "wheelhouse-nginx-"));
const port = await freePort();
const root = process.getuid?.() === 0 ? "user root;" : "";
writeFileSync(
  join(folder, "nginx.conf"),
  `${root} worker_processes 1; daemon off; pid ${folder}/pid; error_log stderr crit;
  events { worker_connections 4096; }
  http {
    access_log off; tcp_nodelay on; keepalive_requests 1000000000;
    client_body_temp_path ${folder}/a; proxy_temp_path ${folder}/b; fastcgi_temp_path ${folder}/c;
    uwsgi_temp_path ${folder}/d; scgi_temp_path ${folder}/e;
    upstream app { server 127.0.0.1:${chatAppPort()}; keepalive 256; keepalive_requests 1000000000; }
    server {
      listen 127.0.0.1:${port} backlog=4096;
      proxy_http_version 1.1; proxy_set_header Connection ""; proxy_read_timeout 300s;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Forwarded-Host $http_host;
      location /api/events { proxy_buffering off; proxy_pass http://app; }
      location / { proxy_pass http://app; }
    }
  }`,
);
const child = spawn(program, ["-p", folder, "-c", join(folder, "nginx.conf")], {
  stdio: "inherit",
});
child.on("exit", () => process.exit(1));
process.on("exit", () => {
  child.kill("SIGTERM");
  rmSync(folder, { recursive: true, force: true });
});
while (
  !(await fetch(`http://127.0.0.1:${port}/api/x`).then(
    () => true,
    () => false,
  ))
) {
  await new Promise((resolve) => setTimeout(resolve, 50));
}
const worker = Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8"));

/** The worker's user and system time; the kernel counts them in hundredths of a second. */
tellParent(port, () => {
  const stat = readFileSync(`/proc/${worker}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port: free } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return free;
}
