/**
 * What stands before several nodes: takes TCP connections on a port of 127.0.0.1 and gives each to the next node in turn, or
 * to another where that one refuses it, as balancers do with a node that has just died. It reads the first line of a
 * connection and understands nothing of it; a test may choose the node by it.
 */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** One connection that found a node. */
export interface Balanced {
  /** As `POST /voice HTTP/1.1`. */
  readonly requestLine: string;
  /** Of the node, by its place in `ports`. */
  readonly node: number;
}

export interface BalancerOptions {
  readonly ports: readonly number[];
  /** Which node is asked first. Default: each in turn. */
  readonly choose?: (requestLine: string, turn: number) => number;
}

export class Balancer {
  readonly balanced: Balanced[] = [];
  readonly #options: BalancerOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #turn = 0;

  private constructor(options: BalancerOptions) {
    this.#options = options;
    this.#server = createServer((caller) => this.#take(caller));
  }

  static async start(options: BalancerOptions): Promise<Balancer> {
    const balancer = new Balancer(options);
    await new Promise<void>((resolve) => balancer.#server.listen(0, '127.0.0.1', resolve));
    return balancer;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #take(caller: Socket): void {
    this.#keep(caller);
    caller.once('data', (first) => {
      caller.pause();
      const [requestLine = ''] = first.toString('latin1').split('\r\n', 1);
      const turn = this.#turn++;
      const { choose = () => turn, ports } = this.#options;
      this.#offer(
        caller,
        first,
        { requestLine, node: choose(requestLine, turn) % ports.length },
        ports.length,
      );
    });
  }

  #offer(caller: Socket, first: Buffer, offer: Balanced, nodesLeft: number): void {
    const { ports } = this.#options;
    const node = connect({ host: '127.0.0.1', port: ports[offer.node]!, noDelay: true });
    this.#keep(node);
    const refused = (): void => {
      const next = { ...offer, node: (offer.node + 1) % ports.length };
      if (nodesLeft > 1) this.#offer(caller, first, next, nodesLeft - 1);
      else caller.destroy();
    };
    node.once('error', refused);
    node.once('connect', () => {
      node.off('error', refused);
      this.balanced.push(offer);
      node.write(first);
      caller.pipe(node);
      node.pipe(caller);
      // Who is cut off on one side is cut off on the other.
      node.once('close', () => caller.destroy());
      caller.once('close', () => node.destroy());
    });
  }

  #keep(socket: Socket): void {
    socket.setNoDelay(true);
    socket.on('error', () => {});
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }
}
