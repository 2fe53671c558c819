/** Ten browsers and fifty telephones at once, each a whole conversation: none disturbs another. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { decodeG711 } from '../../src/audio/g711.ts';
import { resample } from '../../src/speech/resample.ts';
import { BrowserCaller } from '../support/browser-caller.ts';
import { speak } from '../support/caller-speech.ts';
import { type Finished, TrunklineRig } from '../support/trunkline-rig.ts';

const BROWSERS = 10;
const TELEPHONES = 50;

let rig: TrunklineRig;
let pages: readonly BrowserCaller[];
let phones: readonly Finished[];

beforeAll(async () => {
  rig = await TrunklineRig.start({ BROWSER_CALLS: 'local' });
  const [yes, no] = [await speak('yes'), await speak('no')];
  const toPage = (mulaw: Uint8Array) =>
    resample({ samples: decodeG711('mulaw', mulaw), sampleRateHz: 8000 }, 48_000).samples;
  const [pageYes, pageNo] = [toPage(yes), toPage(no)];
  const calling = Array.from({ length: BROWSERS }, (_, index) =>
    BrowserCaller.call(rig.trunkline.port, {
      answers: {
        first: index % 2 === 0 ? [pageYes, pageYes, '1'] : [pageNo, pageNo, '2'],
        second: [pageYes, pageYes, '1'],
      },
    }),
  );
  const ringing = Array.from({ length: TELEPHONES }, (_, index) =>
    rig.place({
      answers: { first: index % 2 === 0 ? [yes, yes, '1'] : [no, no, '2'], second: [yes, yes, '1'] },
      timeLimitMs: 60_000,
    }),
  );
  pages = await Promise.all(calling);
  phones = await Promise.all(ringing.map(({ finished }) => finished));
  await Promise.all(pages.map(({ closed }) => closed));
}, 90_000);

afterAll(() => rig.close());

it('all reach the outcome that they asked for', async () => {
  for (const [index, page] of pages.entries()) {
    const outcome = index % 2 === 0 ? 'both' : 'not-both';
    expect(page.ended).toMatchObject({ reason: 'completed', outcome });
  }
  for (const [index, { record, report }] of phones.entries()) {
    const outcome = index % 2 === 0 ? 'both' : 'not-both';
    expect(report).toMatchObject({ endedBy: 'server', endReason: 'hangup', errors: [], warnings: [] });
    expect(record).toMatchObject({ endReason: 'completed', outcome });
  }
});

it('no page is told of what another said', () => {
  for (const page of pages) {
    expect(page.messages.filter(({ event }) => event === 'started')).toHaveLength(1);
    expect(page.messages[0]).toMatchObject({ callSid: page.session.callSid });
  }
});

it('leave nothing behind', () => rig.nothingIsLeft());
