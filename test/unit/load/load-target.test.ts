import { describe, expect, it } from 'vitest';
import { toLoadTarget } from '../../../src/load/load-target.ts';

describe('the server under load', () => {
  it('is connected to where it is, and called what the world knows it by', async () => {
    const target = await toLoadTarget('http://127.0.0.1:8080', 'https://bot.example.com/', 'a token');
    expect(target).toMatchObject({ host: '127.0.0.1', port: 8080, publicUrl: 'https://bot.example.com' });
  });

  it('is called by its address where it serves this machine only', async () => {
    const target = await toLoadTarget('http://127.0.0.1:8080', null, null);
    expect(target).toMatchObject({ publicUrl: 'http://127.0.0.1:8080', authToken: null });
  });

  it.each(['https://127.0.0.1', 'http://127.0.0.1/?a=1', '127.0.0.1:8080', ''])(
    'is not to be reached at %j, and what is wrong is said',
    async (url) => {
      await expect(toLoadTarget(url, null, null)).rejects.toThrow(
        /--url: expected where the server itself listens/,
      );
    },
  );

  it('needs a token for a public URL, and a public URL for a token', async () => {
    await expect(toLoadTarget('http://127.0.0.1', 'https://bot.example.com', null)).rejects.toThrow(
      /auth token/,
    );
    await expect(toLoadTarget('http://127.0.0.1', null, 'a token')).rejects.toThrow(/--public-url/);
  });
});
