import { describe, expect, it } from 'vitest';
import type { EndReason } from '../../../src/channel/messages.ts';
import { type Known, nextStep } from '../../../src/server/next-step.ts';
import type { CallRecord } from '../../../src/store/call-store.ts';

const TRANSFER = { to: '+15551234567', whisper: '', ringSeconds: 20 };
const NOTHING: Known = { tokenAttempt: 0, claimedAttempt: -1, isLive: false, end: null, record: null };

function ended(reason: EndReason, attempt = 0): Known {
  return { ...NOTHING, claimedAttempt: attempt, end: { attempt, reason, disposition: null, state: null } };
}

function recorded(endReason: EndReason | null, attempt = 0, outcome: string | null = null): Known {
  const record = { attempt, endReason, outcome, transfer: null, transferStatus: null } as CallRecord;
  return { ...NOTHING, record };
}

describe('nextStep', () => {
  it.each(['stream lost', 'peer does not read', 'shutting down', 'superseded'] as const)(
    'resumes with the next attempt after "%s"',
    (reason) => {
      expect(nextStep(ended(reason))).toEqual({ kind: 'resume', attempt: 1 });
      expect(nextStep(recorded(reason))).toEqual({ kind: 'resume', attempt: 1 });
    },
  );

  it.each(['completed', 'caller hung up', 'time limit', 'no media', 'call failed', 'worker failed'] as const)(
    'hangs up after "%s"',
    (reason) => {
      expect(nextStep(ended(reason))).toEqual({ kind: 'hangup' });
      expect(nextStep(recorded(reason))).toEqual({ kind: 'hangup' });
    },
  );

  it('dials where the call said so, also when its stream was lost on the way', () => {
    const disposition = { kind: 'transfer', transfer: TRANSFER } as const;
    for (const reason of ['transferred', 'stream lost'] as const) {
      const end = { attempt: 0, reason, disposition, state: null };
      expect(nextStep({ ...NOTHING, claimedAttempt: 0, end })).toMatchObject({
        kind: 'dial',
        transfer: TRANSFER,
      });
    }
  });

  it('dials where the record says so, whichever node had the stream, unless the caller or somebody hung up', () => {
    const transferring = (endReason: EndReason | null): Known => ({
      ...NOTHING,
      record: {
        attempt: 0,
        endReason,
        outcome: 'operator',
        transfer: TRANSFER,
        transferStatus: null,
      } as CallRecord,
    });
    for (const reason of [null, 'transferred', 'stream lost', 'node lost'] as const)
      expect(nextStep(transferring(reason))).toMatchObject({ kind: 'dial', transfer: TRANSFER });
    for (const reason of ['caller hung up', 'hung up', 'time limit'] as const)
      expect(nextStep(transferring(reason))).toEqual({ kind: 'hangup' });
  });

  it('takes a caller back whom nobody answered, with the next attempt, and lets others go', () => {
    const disposition = { kind: 'transfer', transfer: TRANSFER } as const;
    const end = { attempt: 0, reason: 'transferred', disposition, state: null } as const;
    const known: Known = { ...NOTHING, claimedAttempt: 0, end };
    for (const dialStatus of ['busy', 'no-answer', 'failed', 'canceled'])
      expect(nextStep({ ...known, dialStatus })).toEqual({ kind: 'return', attempt: 1 });
    for (const dialStatus of ['completed', 'answered'])
      expect(nextStep({ ...known, dialStatus })).toEqual({ kind: 'hangup' });
  });

  it('rings nobody again when the stream after a failed transfer does not come', () => {
    const disposition = { kind: 'transfer', transfer: TRANSFER } as const;
    const end = { attempt: 0, reason: 'transferred', disposition, state: null } as const;
    expect(nextStep({ ...NOTHING, claimedAttempt: 0, tokenAttempt: 1, end })).toEqual({
      kind: 'return',
      attempt: 2,
    });
    const record = {
      attempt: 0,
      endReason: 'transferred',
      outcome: 'transferred',
      transfer: TRANSFER,
      transferStatus: 'busy',
    } as CallRecord;
    expect(nextStep({ ...NOTHING, record })).toEqual({ kind: 'return', attempt: 1 });
  });

  it('rings nobody again whose transfer another node was told of, or who was lost on the way back', () => {
    const disposition = { kind: 'transfer', transfer: TRANSFER } as const;
    const end = { attempt: 0, reason: 'transferred', disposition, state: null } as const;
    const record = (transferStatus: string, attempt = 0) =>
      ({ attempt, endReason: 'transferred', outcome: 'x', transfer: TRANSFER, transferStatus }) as CallRecord;
    const known: Known = { ...NOTHING, claimedAttempt: 0, end };
    expect(nextStep({ ...known, record: record('no-answer') })).toEqual({ kind: 'return', attempt: 1 });
    expect(nextStep({ ...known, record: record('completed') })).toEqual({ kind: 'hangup' });
    const lost = { ...ended('stream lost', 1), tokenAttempt: 1, record: record('busy', 1) };
    expect(nextStep(lost)).toEqual({ kind: 'return', attempt: 2 });
    expect(nextStep({ ...lost, end: null, isLive: true })).toEqual({ kind: 'return', attempt: 2 });
    expect(nextStep({ ...NOTHING, record: record('completed') })).toEqual({ kind: 'hangup' });
  });

  it('does not ring others for one caller for ever', () => {
    expect(nextStep({ ...NOTHING, tokenAttempt: 9, dialStatus: 'busy' })).toEqual({ kind: 'apologize' });
  });

  it('does not dial for a caller who hung up, or was hung up on', () => {
    const disposition = { kind: 'transfer', transfer: TRANSFER } as const;
    for (const reason of ['caller hung up', 'hung up', 'time limit'] as const) {
      const end = { attempt: 0, reason, disposition, state: null };
      expect(nextStep({ ...NOTHING, end })).toEqual({ kind: 'hangup' });
    }
  });

  it('hangs up when the goodbye was lost with its stream', () => {
    const end = { attempt: 0, reason: 'stream lost', disposition: { kind: 'hangup' }, state: null } as const;
    expect(nextStep({ ...NOTHING, claimedAttempt: 0, end })).toEqual({ kind: 'hangup' });
    expect(nextStep(recorded('stream lost', 0, 'eligible'))).toEqual({ kind: 'hangup' });
  });

  it('resumes a call that only the store knows, and one that nobody knows', () => {
    expect(nextStep(recorded(null, 2))).toEqual({ kind: 'resume', attempt: 3 });
    expect(nextStep(NOTHING)).toEqual({ kind: 'resume', attempt: 1 });
  });

  it('takes the carrier at its word when it lost a stream that we think is open', () => {
    expect(nextStep({ ...NOTHING, claimedAttempt: 0, isLive: true })).toEqual({ kind: 'resume', attempt: 1 });
    const earlier = { ...ended('no media', 0), claimedAttempt: 1, isLive: true };
    expect(nextStep(earlier)).toEqual({ kind: 'resume', attempt: 2 });
  });

  it('gives a repeated request the same attempt until that was used', () => {
    const known = ended('stream lost');
    expect(nextStep(known)).toEqual(nextStep(known));
    expect(nextStep({ ...known, claimedAttempt: 1 })).toEqual({ kind: 'resume', attempt: 2 });
  });

  it('apologizes after three resumes', () => {
    expect(nextStep({ ...ended('stream lost', 2), tokenAttempt: 2 })).toEqual({ kind: 'resume', attempt: 3 });
    expect(nextStep({ ...ended('stream lost', 3), tokenAttempt: 3 })).toEqual({ kind: 'apologize' });
  });

  it('believes a later attempt of another node rather than its own memory', () => {
    const known = {
      ...ended('stream lost', 0),
      record: { attempt: 1, endReason: 'completed', transfer: null, transferStatus: null } as CallRecord,
    };
    expect(nextStep(known)).toEqual({ kind: 'hangup' });
  });

  it('believes its own memory where the record has not caught up', () => {
    const known = {
      ...ended('completed', 1),
      record: { attempt: 1, endReason: null, outcome: null } as CallRecord,
    };
    expect(nextStep(known)).toEqual({ kind: 'hangup' });
  });

  it('has the carrier say what could not be heard, to a caller who is still there', () => {
    const disposition = { kind: 'say', text: 'Goodbye.' } as const;
    const end = { attempt: 0, disposition, state: null, callBeganAtMs: null, callWall: null };
    const known = { ...NOTHING, claimedAttempt: 0 };
    expect(nextStep({ ...known, end: { ...end, reason: 'completed' } })).toEqual({
      kind: 'say',
      text: 'Goodbye.',
    });
    expect(nextStep({ ...known, end: { ...end, reason: 'caller hung up' } })).toEqual({ kind: 'hangup' });
  });
});
