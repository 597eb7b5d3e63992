/** Which URL of the API server peers are told. Upstream: pkg/liqoctl/install/validation.go */
import { CliError } from "../../errors.ts";
import type { ApiServer } from "./provider.ts";

/** What only means the machine that it is said on; k3d writes 0.0.0.0. */
const LOCAL_HOSTS = ["localhost", "127.0.0.1", "0.0.0.0", "[::1]"];

/** Undefined: what the chart takes by default. Throws a CliError for one that peers cannot use. */
export function chooseApiServer(
  { url, isKubeconfigs, isCompared }: ApiServer,
  kubeconfigs: string,
): string | undefined {
  const own = parseServer(kubeconfigs);
  if (url === undefined) return isKubeconfigs && own !== undefined && !isLocal(own) ? kubeconfigs : undefined;
  const given = parseServer(url);
  if (given === undefined)
    throw new CliError(`API server URL "${url}": must be https://host:port or host:port`, {
      hint: "such as https://liqo.example.com:6443",
    });
  if (isLocal(given))
    throw new CliError(`API server URL "${url}": peers cannot reach ${given.hostname}`, {
      hint: "give the address by which other clusters reach it",
    });
  if (isCompared && (own === undefined || given.host !== own.host))
    throw new CliError(`API server URL "${url}" does not match ${kubeconfigs}, which the kubeconfig has`, {
      hint: "if it is correct, add --disable-api-server-sanity-check",
    });
  return url;
}

interface Server {
  readonly hostname: string;
  /** With the port, also when it is the default. */
  readonly host: string;
}

function parseServer(text: string): Server | undefined {
  const url = URL.parse(/^https?:\/\//.test(text) ? text : `https://${text}`);
  if (url === null || url.hostname === "") return undefined;
  const port = url.port === "" ? "443" : url.port;
  return { hostname: url.hostname, host: `${url.hostname}:${port}` };
}

function isLocal({ hostname }: Server): boolean {
  return LOCAL_HOSTS.includes(hostname);
}
