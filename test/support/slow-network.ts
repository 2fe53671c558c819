/**
 * A way to a server of 127.0.0.1 that can hold back what is sent on its present connections, and deliver it much later, when
 * the sender has long closed them: as a network does that was cut and is whole again.
 */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

interface Way {
  readonly near: Socket;
  readonly far: Socket;
  held: Buffer[] | null;
}

export class SlowNetwork {
  readonly port: number;
  readonly #ways = new Set<Way>();

  private constructor(server: Server, serverPort: number) {
    this.port = (server.address() as { port: number }).port;
    server.on('connection', (near) => this.#open(near, serverPort));
    onTestFinished(() => {
      server.close();
      for (const { near, far } of this.#ways) for (const end of [near, far]) end.destroy();
    });
  }

  /** Closed after the test. */
  static async before(serverPort: number): Promise<SlowNetwork> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new SlowNetwork(server, serverPort);
  }

  /** Connections that come after this are not held. What it returns delivers, and resolves when the server has closed them. */
  hold(): () => Promise<void> {
    const ways = [...this.#ways];
    for (const way of ways) way.held = [];
    return async () => {
      const closed = ways.map(({ far }) => (far.closed ? null : once(far, 'close')));
      for (const { far, held } of ways) if (!far.destroyed) far.end(Buffer.concat(held ?? []));
      await Promise.all(closed);
    };
  }

  /** Both ends of all present connections lose each other. */
  cut(): void {
    for (const { near, far } of this.#ways) for (const end of [near, far]) end.destroy();
  }

  #open(near: Socket, serverPort: number): void {
    const way: Way = { near, far: connect(serverPort, '127.0.0.1'), held: null };
    const { far } = way;
    this.#ways.add(way);
    near.on('data', (bytes) => (way.held === null ? far.write(bytes) : way.held.push(bytes)));
    far.on('data', (bytes) => near.destroyed || near.write(bytes));
    near.on('close', () => way.held ?? far.end());
    far.on('close', () => near.destroy());
    for (const end of [near, far]) end.on('error', () => {});
  }
}
