/** The listening socket: whose it is, and which certificate it shows. */
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startRig } from '../support/server-rig.ts';
import { keptLog } from '../support/silent-log.ts';

describe('the port', () => {
  it('is refused to a second server, with a cure', async () => {
    const first = await startRig({ cold: true });
    const second = startRig({ settings: { port: first.port }, cold: true });
    await expect(second).rejects.toMatchObject({ name: 'ConfigError', code: 'ERR_PORT_TAKEN' });
    await expect(second).rejects.toThrow(
      /^Expected a free port for PORT, received \d+, .* set another PORT$/,
    );
    await first.close();
  });

  it('is free again after close', async () => {
    const first = await startRig({ cold: true });
    const { port } = first;
    await first.close();
    const second = await startRig({ settings: { port }, cold: true });
    expect(second.port).toBe(port);
    await second.close();
  });

  it('is not drained when it was never had: the refusal is all that is said', async () => {
    const { log, lines } = keptLog();
    await expect(startRig({ settings: { host: '192.0.2.1' }, parts: { log }, cold: true })).rejects.toThrow(
      /HOST/,
    );
    expect(lines().filter(({ event }) => event !== 'worker.ready')).toEqual([]);
  });

  it('names HOST when the address is not of this machine', async () => {
    const rig = startRig({ settings: { host: '192.0.2.1' }, cold: true });
    await expect(rig).rejects.toThrow(/HOST, received 192\.0\.2\.1/);
  });
});

describe('TLS', () => {
  let directory: string;
  let tls: { certFile: string; keyFile: string };

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'trunkline-tls-'));
    tls = { certFile: join(directory, 'cert.pem'), keyFile: join(directory, 'key.pem') };
    await install('one');
  });
  afterEach(() => rm(directory, { recursive: true }));

  function fixture(name: string): string {
    return new URL(`../fixtures/tls/${name}`, import.meta.url).pathname;
  }

  async function install(name: string): Promise<void> {
    await copyFile(fixture(`${name}.crt`), tls.certFile);
    await copyFile(fixture(`${name}.key`), tls.keyFile);
  }

  /** The name in the certificate that a new connection is shown, and the connection. */
  function dial(port: number): Promise<{ shown: string; socket: TLSSocket }> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
        resolve({ shown: String(socket.getPeerCertificate().subject.CN), socket });
      });
      socket.once('error', reject);
    });
  }

  function ask(socket: TLSSocket): Promise<string> {
    return new Promise((resolve) => {
      socket.once('data', (data) => resolve(data.toString('latin1')));
      socket.write('GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n');
    });
  }

  it('shows a renewed certificate to new connections, and live ones stay', async () => {
    const rig = await startRig({ settings: { tls }, cold: true });
    const old = await dial(rig.port);
    expect(old.shown).toBe('one.test');
    expect(await ask(old.socket)).toContain('200 OK');
    await install('two');
    await rig.server.reloadTls();
    const renewed = await dial(rig.port);
    expect(renewed.shown).toBe('two.test');
    expect(await ask(renewed.socket)).toContain('200 OK');
    expect(await ask(old.socket)).toContain('200 OK');
    old.socket.destroy();
    renewed.socket.destroy();
    await rig.close();
  });

  it('keeps the old certificate while the new pair does not fit together', async () => {
    const rig = await startRig({ settings: { tls }, cold: true });
    await copyFile(fixture('two.crt'), tls.certFile);
    await rig.server.reloadTls();
    const { shown, socket } = await dial(rig.port);
    expect(shown).toBe('one.test');
    socket.destroy();
    expect(rig.lines().some((line) => line.event === 'tls.refused')).toBe(true);
    await rig.close();
  });

  it('stops the start when the files are no certificate and key', async () => {
    await writeFile(tls.certFile, 'no certificate');
    const rig = startRig({ settings: { tls }, cold: true });
    await expect(rig).rejects.toThrow(/PEM files that belong together for TLS_CERT and TLS_KEY/);
  });
});
