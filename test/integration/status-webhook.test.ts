/** Status callbacks of calls that came in: doubled, late, of calls that are on, over, or nobody's. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CUES } from '../support/server-call-worker.ts';
import { formOf, newCallSid, type ServerRig, startRig } from '../support/server-rig.ts';

let rig: ServerRig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.close());

const tell = (callSid: string, CallStatus: string) =>
  rig.post('/voice/status', { form: formOf(callSid, { CallStatus }) });

describe('POST /voice/status', () => {
  it('ends a call that is live here when the carrier says that it is over, once', async () => {
    const { callSid, carrier } = await rig.liveCall();
    for (const status of ['ringing', 'in-progress', 'something-new'])
      expect((await tell(callSid, status)).status).toBe(200);
    expect(rig.server.directory.isLive(callSid)).toBe(true);
    expect((await tell(callSid, 'completed')).status).toBe(200);
    expect((await tell(callSid, 'completed')).status).toBe(200);
    await carrier.closed;
    expect(rig.server.directory.isLive(callSid)).toBe(false);
    expect(rig.store.finished.filter((line) => line.startsWith(callSid))).toEqual([
      `${callSid}#0 caller hung up`,
    ]);
  });

  it('changes nothing of a call that has its end', async () => {
    const { callSid, carrier } = await rig.liveCall({ To: CUES.finish });
    await carrier.closed;
    await tell(callSid, 'completed');
    expect(rig.store.records.get(callSid)?.endReason).toBe('completed');
  });

  it('ends a record that nobody ended, and thanks for calls that nobody knows', async () => {
    const callSid = newCallSid();
    await rig.store.begin({ callSid, attempt: 2, from: '', to: '', flowHash: '' });
    await tell(callSid, 'failed');
    expect(rig.store.records.get(callSid)?.endReason).toBe('caller hung up');
    expect((await tell(newCallSid(), 'busy')).status).toBe(200);
  });
});
