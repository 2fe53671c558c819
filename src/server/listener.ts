/**
 * The listening socket, and its exchange for one with a new certificate. uWebSockets.js reads a certificate only when an app
 * is made, so a renewal makes a second app, which takes over the port; connections of the first live on in it until they
 * close. Listens exclusively: otherwise a second Trunkline would silently share the port and take half the calls. I/O thread.
 */

import * as uWS from 'uWebSockets.js';
import { createServer } from 'node:net';
import { ConfigError, InvalidStateError } from '../errors.ts';
import type { TlsFiles } from './server-settings.ts';

/** As it is, where uws-pack's types lack an address together with options. */
interface ListeningApp {
  listen(
    host: string,
    port: number,
    options: number,
    done: (socket: uWS.us_listen_socket | false) => void,
  ): void;
}

const { LIBUS_LISTEN_EXCLUSIVE_PORT } = uWS as unknown as { LIBUS_LISTEN_EXCLUSIVE_PORT: number };

/**
 * Port 0 is looked for before it is listened on: told 0 itself, uWebSockets.js leaves out SO_REUSEADDR, and then no other
 * app can take the port over while a connection of the first lives (seen). Somebody may be faster: so more than once.
 */
const FREE_PORT_TRIES = 5;

export interface ListenerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly tls: TlsFiles | null;
  /** Registers every route on a new app. */
  readonly register: (app: uWS.TemplatedApp) => void;
}

export class Listener {
  readonly #options: ListenerOptions;
  readonly #apps: uWS.TemplatedApp[] = [];
  #socket: uWS.us_listen_socket | null = null;
  #port = 0;

  private constructor(options: ListenerOptions) {
    this.#options = options;
  }

  /** Rejects with ConfigError: `ERR_PORT_TAKEN`, or an address that cannot be had. */
  static async start(options: ListenerOptions): Promise<Listener> {
    const { host, port } = options;
    const listener = new Listener(options);
    const app = listener.#createApp();
    for (let tries = port === 0 ? FREE_PORT_TRIES : 1; tries > 0; tries--) {
      const probed = port === 0 ? await probe(host, 0) : { port, code: '' };
      if (probed.code === '' && listener.#listenWith(app, probed.port)) return listener;
    }
    listener.close();
    throw whyNot(host, port, (await probe(host, port)).code);
  }

  get port(): number {
    return this.#port;
  }

  /** New connections get the certificate that is on disk now. Throws InvalidStateError if the port was lost meanwhile. */
  renew(): void {
    const app = this.#createApp();
    this.stopListening();
    if (!this.#listenWith(app, this.#port)) {
      throw new InvalidStateError(`Expected to listen on port ${this.#port} again, received a refusal`);
    }
  }

  /** No new connections; those that are open stay. Idempotent. */
  stopListening(): void {
    if (this.#socket !== null) uWS.us_listen_socket_close(this.#socket);
    this.#socket = null;
  }

  /** Cuts every connection. Idempotent. */
  close(): void {
    this.stopListening();
    for (const app of this.#apps.splice(0)) app.close();
  }

  #createApp(): uWS.TemplatedApp {
    const { register, tls } = this.#options;
    const app =
      tls === null ? uWS.App() : uWS.SSLApp({ cert_file_name: tls.certFile, key_file_name: tls.keyFile });
    this.#apps.push(app);
    register(app);
    return app;
  }

  #listenWith(app: uWS.TemplatedApp, port: number): boolean {
    (app as unknown as ListeningApp).listen(
      this.#options.host,
      port,
      LIBUS_LISTEN_EXCLUSIVE_PORT,
      (socket) => {
        if (socket === false) return;
        this.#socket = socket;
        this.#port = uWS.us_socket_local_port(socket as unknown as uWS.us_socket);
      },
    );
    return this.#socket !== null;
  }
}

/** Asks Node for the port (0: for a free one), and leaves it again. `code` is empty, or says why it cannot be had. */
function probe(host: string, port: number): Promise<{ port: number; code: string }> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve({ port, code: error.code ?? 'unknown' }));
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      const given = typeof address === 'object' && address !== null ? address.port : port;
      server.close(() => resolve({ port: given, code: '' }));
    });
  });
}

/** uWebSockets.js says only that it failed; Node knew the reason, unless the port has become free since. */
function whyNot(host: string, port: number, code: string): ConfigError {
  if (code === 'EADDRINUSE' || code === '') {
    return new ConfigError(
      `Expected a free port for PORT, received ${port}, which another program (perhaps another Trunkline) listens on: stop it or set another PORT`,
      { code: 'ERR_PORT_TAKEN' },
    );
  }
  if (code === 'EACCES') {
    return new ConfigError(`Expected a port that this user may listen on for PORT, received ${port}`);
  }
  return new ConfigError(`Expected an address of this machine for HOST, received ${host} (${code})`);
}
