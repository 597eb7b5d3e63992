/** What runs containers, as the node agent sees it: `container.ts` by runc under conmon. Kubernetes: cri-api (RuntimeService) */
import type { Context } from "#base/context.ts";

export interface CreateOptions {
  readonly id: string;
  readonly name: string;
  readonly spec: object;
  readonly logPath: string;
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly stdinOnce: boolean;
}

export interface Exit {
  readonly code: number;
  readonly finishedAt: string;
  readonly outOfMemory: boolean;
}

export interface ContainerRuntime extends Disposable {
  /** The folder of one container. */
  bundle(id: string): string;
  /** Where its root is built before it starts. */
  rootfs(id: string): string;
  /** Ids of all containers on disk, running or not. */
  list(): string[];
  /** Creates and starts a container whose root exists already; resolves with its first process. */
  start(ctx: Context, options: CreateOptions): Promise<number>;
  /** Throws only while the container lives. */
  signal(ctx: Context, id: string, signal: string): Promise<void>;
  /** The container's first process, as this machine counts. */
  pidOf(id: string): number;
  /** Whether the container's first process still is that process. */
  isAlive(id: string): boolean;
  /** How it has ended; undefined while it runs, and when nobody wrote its end down. */
  findExit(id: string): Exit | undefined;
  /** Ends and forgets the container, whatever state it is in. */
  remove(id: string): Promise<void>;
  /** The command line that runs one more process in the container, described by a process file. */
  execCommand(id: string, processFile: string, how: { readonly tty: boolean; readonly pidFile: string }): string[];
  /** The command line whose standard streams are those of the container's first process. */
  attachCommand(id: string): string[];
  /** Gives the container's terminal that size. */
  resize(id: string, rows: number, columns: number): void;
}
