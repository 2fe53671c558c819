import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FORM_LIMITS, parseFormBody, soleValue } from '../../../src/protocol/form-body.ts';

const parse = (text: string) => parseFormBody(Buffer.from(text));

describe('form bodies', () => {
  it('decodes names and values, plus signs included', () => {
    const form = parse('From=%2B14155550100&FromCity=SAN+FRANCISCO&Empty=&Bare');
    expect(form.ok && [...form.parameters]).toEqual([
      ['From', ['+14155550100']],
      ['FromCity', ['SAN FRANCISCO']],
      ['Empty', ['']],
      ['Bare', ['']],
    ]);
  });

  it('keeps repeated names in order and never chooses between them', () => {
    const form = parse('CallSid=b&CallSid=a&To=c');
    if (!form.ok) throw new Error(form.reason);
    expect(form.parameters.get('CallSid')).toEqual(['b', 'a']);
    expect(soleValue(form.parameters, 'CallSid')).toBeNull();
    expect(soleValue(form.parameters, 'To')).toBe('c');
    expect(soleValue(form.parameters, 'Absent')).toBeNull();
  });

  it.each([
    ['broken percent-encoding', 'a=%zz'],
    ['half an UTF-8 sequence', 'a=%C3'],
    ['an encoded NUL', 'a=b%00c'],
    ['a NUL in a name', 'a%00=b'],
    ['a reserved name', '__proto__=1'],
    ['an encoded reserved name', '%5F_proto__=1'],
    ['constructor', 'constructor=1'],
    ['no name', '=1'],
    [
      'too many parameters',
      Array.from({ length: FORM_LIMITS.parameters + 1 }, (_, i) => `p${i}=1`).join('&'),
    ],
    ['a body over the limit', `a=${'b'.repeat(FORM_LIMITS.bodyBytes)}`],
  ])('refuses %s', (_what, body) => {
    expect(parse(body).ok).toBe(false);
  });

  it('refuses bytes that are no UTF-8', () => {
    expect(parseFormBody(Uint8Array.of(0x61, 0x3d, 0xff)).ok).toBe(false);
  });

  it('reads back what URLSearchParams writes', () => {
    const name = fc
      .string({ minLength: 1, unit: 'binary' })
      .filter((text) => !text.includes('\0') && !/^(__proto__|constructor|prototype)$/.test(text));
    const value = fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0'));
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 20 }), (pairs) => {
        const form = parse(new URLSearchParams(pairs).toString());
        const expected = new URLSearchParams(new URLSearchParams(pairs).toString());
        expect(
          form.ok && [...form.parameters.entries()].flatMap(([n, vs]) => vs.map((v) => [n, v])).sort(),
        ).toEqual([...expected].sort());
      }),
    );
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => typeof parseFormBody(bytes).ok === 'boolean'),
    );
  });
});
