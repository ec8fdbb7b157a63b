/** nginx as a plain proxy before one web server: what another hop alone costs. */
import { spawn } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { freePort } from "../src/web/apache.ts"

export interface RunningProxy {
  readonly url: string
  readonly pid: number
  readonly stop: () => Promise<void>
}

const configText = (folder: string, port: number, origin: string): string => `
daemon off;
master_process off;
pid ${folder}/pid;
error_log ${folder}/error.log;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  keepalive_requests 100000000;
  upstream origin {
    server ${origin};
    keepalive 128;
    keepalive_requests 100000000;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://origin;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }
  }
}
`

const answers = async (url: string): Promise<boolean> => {
  try {
    await fetch(url)
    return true
  } catch {
    return false
  }
}

const startMs = 10_000

/** One process, which listens when this resolves. */
export const startNginx = async (
  program: string,
  folder: string,
  origin: string,
): Promise<RunningProxy> => {
  mkdirSync(folder, { recursive: true })
  const port = await freePort()
  const path = join(folder, "nginx.conf")
  writeFileSync(path, configText(folder, port, new URL(origin).host))
  const child = spawn(program, ["-p", folder, "-c", path], { stdio: ["ignore", "ignore", "pipe"] })
  let said = ""
  child.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString()
  })
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()))
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM")
    await ended
  }
  const url = `http://127.0.0.1:${port}`
  for (const deadline = Date.now() + startMs; Date.now() < deadline; ) {
    if (child.exitCode !== null) throw new Error(`nginx ended: ${said.trim()}`)
    if (await answers(url)) return { url, pid: child.pid ?? 0, stop }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  await stop()
  throw new Error(`nginx did not answer at ${url}: ${said.trim()}`)
}
