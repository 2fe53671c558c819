import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { findNgrokTunnel } from '../../../src/operations/ngrok-tunnel.ts';

/** ngrok's local API with these tunnels; or with an answer that is none. */
async function ngrok(answer: unknown): Promise<string> {
  const server = createServer((request, response) => {
    const isAsked = request.url === '/api/tunnels' && request.method === 'GET';
    response.writeHead(isAsked ? 200 : 404, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const tunnel = (public_url: string, addr: string) => ({
  name: 'command_line',
  public_url,
  proto: 'https',
  config: { addr, inspect: true },
});

it.each([['http://localhost:8080'], ['localhost:8080'], ['8080'], ['http://127.0.0.1:8080/']])(
  'finds the https address that leads to our port, where ngrok writes %s',
  async (addr) => {
    const api = await ngrok({
      tunnels: [
        tunnel('https://other.ngrok.app', 'http://localhost:3000'),
        tunnel('http://plain.ngrok.app', addr),
        tunnel('https://ours.ngrok.app', addr),
      ],
      uri: '/api/tunnels',
    });
    expect(await findNgrokTunnel(8080, api)).toBe('https://ours.ngrok.app');
  },
);

it('says what to start where no tunnel leads here, and where the others lead', async () => {
  const api = await ngrok({ tunnels: [tunnel('https://other.ngrok.app', 'http://localhost:3000')] });
  await expect(findNgrokTunnel(8080, api)).rejects.toThrow(
    /port 8080, received tunnels to 3000; start it.*ngrok http 8080/,
  );
  await expect(findNgrokTunnel(8080, await ngrok({ tunnels: [] }))).rejects.toThrow(/received none/);
});

it.each([
  ['another program', { hello: 1 }],
  ['nonsense', 'hello'],
])('does not take %s for ngrok', async (_title, answer) => {
  await expect(findNgrokTunnel(8080, await ngrok(answer))).rejects.toThrow(
    /received no answer of it; start it/,
  );
});

it('says what to start where nothing answers', async () => {
  await expect(findNgrokTunnel(8080, 'http://127.0.0.1:9')).rejects.toThrow(/ngrok http 8080/);
});
