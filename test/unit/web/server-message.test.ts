import { expect, it } from 'vitest';
import { readServerMessage } from '../../../web/src/phone/server-message.ts';

it.each(['', 'null', '7', '"note"', '[]', '{', '{"event":"fog"}', '{"event":"note","kind":"fog"}'])(
  'leaves %s alone',
  (text) => {
    expect(readServerMessage(text)).toBeNull();
  },
);

it('reads notes', () => {
  expect(readServerMessage('{"event":"note","kind":"answer","node":"age","value":35}')).toEqual({
    event: 'note',
    note: { kind: 'answer', node: 'age', value: '35' },
  });
  expect(readServerMessage('{"event":"note","kind":"no-match"}')).toEqual({
    event: 'note',
    note: { kind: 'no-match' },
  });
});

it('reads an end, with what is missing left empty', () => {
  expect(readServerMessage('{"event":"ended","answers":[null,{"node":"a","value":"b"}]}')).toEqual({
    event: 'ended',
    reason: '',
    outcome: null,
    answers: [{ node: 'a', value: 'b' }],
  });
});
