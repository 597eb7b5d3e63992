/** One probe of one container: HTTP, TCP, gRPC or a command. Kubernetes: pkg/probe, pkg/kubelet/prober/prober.go */
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import type { Container, HTTPGetAction, Probe } from "kubernetes-types/core/v1";
import { messageOf } from "#base/errors.ts";
import type { ExecResult } from "../runtime/exec.ts";
import { checkGrpcHealth } from "./grpc-health.ts";

export type CheckResult = { readonly ok: true } | { readonly ok: false; readonly why: string };

export interface CheckTarget {
  readonly container: Container;
  readonly podIp: string;
  readonly exec: (command: readonly string[], timeoutMs: number) => Promise<ExecResult>;
}

/** Never rejects: whatever keeps the probe from passing is its result. */
export async function check(probe: Probe, target: CheckTarget): Promise<CheckResult> {
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  try {
    if (probe.exec !== undefined) return await checkCommand(probe.exec.command ?? [], target, timeoutMs);
    if (probe.httpGet !== undefined) return await checkHttp(probe.httpGet, target, timeoutMs);
    if (probe.tcpSocket !== undefined) {
      const port = resolvePort(probe.tcpSocket.port, target.container);
      return await checkTcp(probe.tcpSocket.host ?? target.podIp, port, timeoutMs);
    }
    const grpc = grpcOf(probe);
    if (grpc !== undefined) return await checkGrpcHealth(`${target.podIp}:${grpc.port}`, grpc.service ?? "", timeoutMs);
    return { ok: false, why: "missing probe handler" };
  } catch (error) {
    return { ok: false, why: messageOf(error) };
  }
}

/** The number of a port given by number or by the container's name for it. */
export function resolvePort(port: number | string, container: Container): number {
  if (typeof port === "number") return port;
  const named = container.ports?.find((candidate) => candidate.name === port)?.containerPort;
  const found = named ?? Number(port);
  if (!Number.isInteger(found)) throw new TypeError(`couldn't find port: "${port}" in container "${container.name}"`);
  return found;
}

async function checkCommand(command: readonly string[], target: CheckTarget, timeoutMs: number): Promise<CheckResult> {
  const { code, output, timedOut } = await target.exec(command, timeoutMs);
  if (timedOut)
    return { ok: false, why: `command timed out: "${command.join(" ")}" timed out after ${timeoutMs / 1000}s` };
  return code === 0 ? { ok: true } : { ok: false, why: output };
}

export function checkHttp(
  action: HTTPGetAction,
  target: Pick<CheckTarget, "container" | "podIp">,
  timeoutMs: number,
): Promise<CheckResult> {
  const scheme = (action.scheme ?? "HTTP").toLowerCase();
  const host = action.host === undefined || action.host === "" ? target.podIp : action.host;
  const url = `${scheme}://${host}:${resolvePort(action.port, target.container)}${action.path ?? "/"}`;
  const headers: Record<string, string> = { "User-Agent": "kube-probe/1.35", Accept: "*/*", Connection: "close" };
  for (const { name, value } of action.httpHeaders ?? []) headers[name] = value;
  return new Promise((resolve) => {
    const onResponse = (response: IncomingMessage): void => {
      const code = response.statusCode ?? 0;
      response.destroy();
      finish(
        code >= 200 && code < 400 ? { ok: true } : { ok: false, why: `HTTP probe failed with statuscode: ${code}` },
      );
    };
    const request =
      scheme === "https"
        ? httpsRequest(url, { headers, agent: false, rejectUnauthorized: false }, onResponse)
        : httpRequest(url, { headers, agent: false }, onResponse);
    // biome-ignore lint/plugin: the socket's deadline, by the machine
    const timer = setTimeout(() => {
      finish({
        ok: false,
        why: `Get "${url}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
      });
      request.destroy();
    }, timeoutMs);
    const finish = (result: CheckResult): void => {
      clearTimeout(timer);
      resolve(result);
    };
    request.on("error", (error) => finish({ ok: false, why: `Get "${url}": ${error.message}` }));
    request.end();
  });
}

function checkTcp(host: string, port: number, timeoutMs: number): Promise<CheckResult> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    const finish = (result: CheckResult): void => {
      socket.destroy();
      resolve(result);
    };
    socket.on("connect", () => finish({ ok: true }));
    socket.on("timeout", () => finish({ ok: false, why: `dial tcp ${host}:${port}: i/o timeout` }));
    socket.on("error", (error) => finish({ ok: false, why: `dial tcp ${host}:${port}: ${error.message}` }));
  });
}

/** kubernetes-types 1.30 has no gRPC action on Probe in every place; the field itself is old. */
function grpcOf(probe: Probe): { port: number; service?: string } | undefined {
  return "grpc" in probe ? (probe.grpc as { port: number; service?: string }) : undefined;
}
