/**
 * The server's end of the carrier: a TLS port that hands the datagrams of the peer's gateway to the WireGuard port of this one,
 * and of nobody else to nothing. Not in upstream.
 */
import { createSocket } from "node:dgram";
import type { IncomingMessage } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import { WebSocketServer } from "ws";
import type { Clock } from "#base/clock.ts";
import { createCa } from "#pki/certificate.ts";
import { Channel } from "./channel.ts";
import { BUFFER_BYTES, MOST_BYTES } from "./datagram.ts";
import { isProof, PROOF_HEADER, proofOf } from "./proof.ts";
import type { Traffic } from "./traffic.ts";

export interface CarrierServerOptions {
  readonly port: number;
  /** Of WireGuard, on loopback. */
  readonly wireguardPort: number;
  readonly clock: Clock;
  readonly traffic: Traffic;
  /** Shared with the peer; undefined as long as another gateway is in charge, or the peer's key is not known. */
  secret(): Buffer | undefined;
}

/** Who has not shown a proof by then is cut off. */
const PROOF_MS = 5_000;
/** Of those without a proof, together and from one address; the oldest goes, so that a crowd keeps nobody out for long. */
const MOST_STRANGERS = 64;
const MOST_OF_ONE = 16;
/** Of the peer: the one in use, and those that it tries. */
const MOST_CHANNELS = 4;
/** A tunnel in use is never silent that long: gateways ping each other. */
const SILENCE_MS = 60_000;
const MOST_HEADER_BYTES = 4_096;
/** In the socket towards WireGuard. */
const MOST_QUEUED_BYTES = 1 << 20;
const LOOPBACK = "127.0.0.1";

export class CarrierServer implements AsyncDisposable {
  readonly #options: CarrierServerOptions;
  readonly #server: Server;
  readonly #upgrades: WebSocketServer;
  /** By `ip:port`, oldest first. */
  readonly #strangers = new Map<string, { readonly socket: Socket; readonly forget: () => void }>();
  readonly #channels = new Set<Channel>();
  #isLeaving = false;

  private constructor(options: CarrierServerOptions, tls: { readonly key: string; readonly cert: string }) {
    this.#options = options;
    this.#server = createServer({
      ...tls,
      minVersion: "TLSv1.3",
      ALPNProtocols: ["http/1.1"],
      maxHeaderSize: MOST_HEADER_BYTES,
      noDelay: true,
      handshakeTimeout: PROOF_MS,
    });
    this.#upgrades = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: MOST_BYTES });
    this.#server.on("connection", (socket: Socket) => this.#meet(socket));
    this.#server.on("tlsClientError", (_error, socket) => {
      this.#refuse("tls");
      socket.destroy();
    });
    this.#server.on("clientError", (_error, socket) => {
      // Said again for each part that is still to come.
      if (socket.destroyed) return;
      this.#refuse("request");
      socket.destroy();
    });
    this.#server.on("request", (_request, response) => {
      this.#refuse("request");
      response.writeHead(404, { connection: "close" }).end();
    });
    this.#server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.#admit(request, socket, head),
    );
  }

  static async open(options: CarrierServerOptions): Promise<CarrierServer> {
    const { certificate, privateKey } = await createCa("gateway", { clock: options.clock });
    const server = new CarrierServer(options, { key: privateKey, cert: certificate });
    await new Promise<void>((resolve, reject) => {
      server.#server.once("error", reject).listen(options.port, () => resolve());
    });
    // Of a connection that could not be accepted: the next one may.
    server.#server.on("error", () => undefined);
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** For good: who comes from now on has to find another gateway. */
  leave(): void {
    this.#isLeaving = true;
    this.closeAll();
  }

  /** Another gateway is in charge: clients have to find it. */
  closeAll(): void {
    for (const channel of this.#channels) channel.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.closeAll();
    for (const { socket, forget } of this.#strangers.values()) {
      forget();
      socket.destroy();
    }
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /** Before the first byte of TLS. */
  #meet(socket: Socket): void {
    const name = nameOf(socket);
    socket.on("error", () => socket.destroy());
    const forget = this.#options.clock.after(PROOF_MS, () => {
      this.#refuse("late");
      socket.destroy();
    });
    this.#strangers.set(name, { socket, forget });
    socket.once("close", () => this.#forget(name, socket));
    const from = socket.remoteAddress;
    const ofOne = [...this.#strangers.values()].filter((each) => each.socket.remoteAddress === from);
    if (ofOne.length > MOST_OF_ONE) this.#crowdOut(ofOne[0]?.socket);
    if (this.#strangers.size > MOST_STRANGERS) this.#crowdOut(this.#strangers.values().next().value?.socket);
  }

  #crowdOut(socket: Socket | undefined): void {
    if (socket === undefined) return;
    this.#refuse("crowd");
    this.#forget(nameOf(socket), socket);
    socket.destroy();
  }

  #forget(name: string, socket: Socket): void {
    const known = this.#strangers.get(name);
    if (known?.socket !== socket) return;
    known.forget();
    this.#strangers.delete(name);
  }

  #admit(request: IncomingMessage, connection: Duplex, head: Buffer): void {
    connection.on("error", () => connection.destroy());
    const secret = this.#isLeaving ? undefined : this.#options.secret();
    if (!(connection instanceof TLSSocket) || secret === undefined) {
      this.#refuse("waiting");
      answer(connection, "503 Service Unavailable");
      return;
    }
    const given = request.headers[PROOF_HEADER];
    if (typeof given !== "string" || !isProof(given, proofOf(secret, "client", connection))) {
      this.#refuse("proof");
      answer(connection, "403 Forbidden");
      return;
    }
    const headers = (lines: string[]): void =>
      void lines.push(`${PROOF_HEADER}: ${proofOf(secret, "server", connection)}`);
    this.#upgrades.once("headers", headers);
    this.#upgrades.handleUpgrade(request, connection, head, (socket) => {
      const known = this.#strangers.get(nameOf(connection));
      if (known !== undefined) this.#forget(nameOf(connection), known.socket);
      this.#carry(socket);
    });
    this.#upgrades.off("headers", headers);
  }

  /** Between one WebSocket and WireGuard, which sees a peer at a port of loopback. */
  #carry(socket: ConstructorParameters<typeof Channel>[0]): void {
    const { clock, traffic, wireguardPort } = this.#options;
    const inner = createSocket("udp4");
    let isConnected = false;
    let heard = true;
    let forget = (): void => undefined;
    const listen = (): void => {
      if (heard) forget = clock.after(SILENCE_MS, listen);
      else channel.close();
      heard = false;
    };
    const channel = new Channel(socket, {
      traffic,
      received: (datagram) => {
        heard = true;
        if (!isConnected || inner.getSendQueueSize() > MOST_QUEUED_BYTES) return traffic.unfit.increase();
        inner.send(datagram);
      },
      closed: () => {
        forget();
        this.#channels.delete(channel);
        inner.close();
      },
    });
    inner.on("message", (datagram) => channel.send(datagram));
    // WireGuard's port is being opened anew.
    inner.on("error", () => undefined);
    inner.bind(0, LOOPBACK, () =>
      inner.connect(wireguardPort, LOOPBACK, () => {
        inner.setRecvBufferSize(BUFFER_BYTES);
        isConnected = true;
      }),
    );
    listen();
    this.#channels.add(channel);
    const [oldest] = this.#channels;
    if (this.#channels.size > MOST_CHANNELS) oldest?.close();
  }

  #refuse(reason: Parameters<Traffic["refused"]>[0]): void {
    this.#options.traffic.refused(reason).increase();
  }
}

function nameOf(socket: Socket | Duplex): string {
  const { remoteAddress, remotePort } = socket as Partial<Socket>;
  return `${remoteAddress}:${remotePort}`;
}

function answer(connection: Duplex, status: string): void {
  connection.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
