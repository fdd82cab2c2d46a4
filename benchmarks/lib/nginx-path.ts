import { accessSync, constants } from "node:fs";

/** Where Debian's package puts it; `NGINX_PATH` names another. Undefined where there is none. */
export function nginxPath(): string | undefined {
  return [process.env["NGINX_PATH"] ?? "", "/usr/sbin/nginx"].find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return path !== "";
    } catch {
      return false;
    }
  });
}
