import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAnswer } from '../../../../src/flow/answers/read-answer.ts';
import { askNode, DONE, flowText, load } from '../flow-fixture.ts';

const flow = load(
  flowText(
    `  first: { kind: ask, answer: yes-no, text: Q, next: age }
  age: { kind: ask, answer: number, min: 1, max: 120, text: Q, next: weight }
  weight: { kind: ask, answer: number, decimals: true, min: -50, max: 2000000, units: [kilos], text: Q, next: slot }
  slot:
    kind: ask
    answer: choice
    text: Q
    choices: { morning: [early, a.m.], afternoon: [after lunch, late], operator: [] }
    next: pin
  pin: { kind: ask, answer: digits, min_length: 4, max_length: 6, text: Q, next: smoker }
  smoker: { kind: ask, answer: yes-no, text: Q, "yes": [I smoke], "no": [I don't smoke, non-smoker], next: done }
${DONE}`,
    'intents: { opt-out: done, operator: done }\n',
  ),
);

/** Reads as `node` would: the value, `<intent>`, or unclear as null. */
function read(node: string, text: string, by: 'speech' | 'digits' = 'speech') {
  const reading = readAnswer(flow, askNode(flow, node), text, by);
  if (reading.kind === 'intent') return `<${reading.intent}>`;
  return reading.kind === 'answer' ? reading.value : null;
}

/** Phrases between bars and line ends. */
const phrases = (text: string) =>
  text
    .split(/[|\n]/)
    .map((phrase) => phrase.trim())
    .filter((phrase) => phrase !== '');

describe('yes or no', () => {
  it.each(
    phrases(`Yes. | YES! | yes yes yes | Yeah | yeah, yeah | Yep. | yup | Yes I do. | I do | I am. | I have | I can. | Sure.
      sure thing | Of course. | Uh-huh. | uh huh | Mm-hmm. | mhm | Correct. | That's right. | That’s correct | that is right
      Absolutely! | definitely | Certainly. | Affirmative. | okay | OK. | All right. | right | Yes, please. | yes sir | Yes, ma'am
      Um, yes. | uh yeah | well yes | Oh yes! | Yes, of course. | yes I am | Yes, I take them every morning.
      yes since last year | hello yes | my answer is yes | I said yes | That's a yes. | it's a yes | The answer is yes.
      Yes, no problem. | you bet | for sure | Sorry, yes. | I agree. | I confirm | yes thank you | Yea. | very well | it is | it does
      yes, that's correct | Why yes | go ahead | I would like to | yes I would like to | I'm interested | 10-4 | indeed`),
  )('takes %j for yes', (phrase) => {
    expect(read('first', phrase)).toBe(true);
  });

  it.each(
    phrases(`No. | NO! | no no no | Nope. | nah | Not really. | I don't. | I don’t | I dont | I do not. | No, I don't. | no thank you
     No thanks! | Negative. | No, not at all. | Not at all | never | No, never. | I'm not. | I am not | I haven't. | No sir.
     Incorrect. | That's wrong. | that is not correct | Of course not. | Absolutely not! | definitely not | certainly not | Uh-uh. | nuh uh
     Um, no. | Well, no. | oh no | I can't. | I cannot | I won't | No way. | not yet | I don't think so. | No, I don't think so.
     I'm afraid not | No, I've never smoked. | no I don't take anything | No, not me. | my answer is no | that's a no
     No, I'm good. | no, that's okay | No, it's fine. | no problem no | I did not | none | not interested | I'm not interested.
     No, thank you very much. | no longer | i would rather not | No, nothing. | nay | false | No, sorry. | Sorry, no.`),
  )('takes %j for no', (phrase) => {
    expect(read('first', phrase)).toBe(false);
  });

  it.each(
    phrases(`Maybe. | yes but no | Yes and no. | I'm not sure. | not sure | I think so. | I guess so | Yes... well no. | No, I mean yes.
     yes I don't think so | no, yes | yeah no | no yeah | Probably. | probably not | Perhaps | I don't know. | I dunno | no idea
     It depends. | sometimes | Yes, sometimes. | kind of | Yes, but only at night. | no, except on Sundays | either | hold on | wait
     Yes I don't. | I have a question | I am busy | okay so what is this about | I don't want to answer that. | they told me yes
     yes or no | should I say yes or no | Why not? | yes who is this | Yes, what is this about? | who is this? | I might
     the weather is nice | hmm | um | please | Hello? | no comment | no one | I forgot | I don't remember | can't say | whatever
     Yeah, I think. | I don't mind | yes if it is free | not always | I used to | pretty sure | 7 | one two | да | はい | ... | ?!
     Yes, I stopped. | press 1 for yes, 2 for no | say yes or no | a little | no wait yes | hard to say | could be`),
  )('never guesses at %j', (phrase) => {
    expect(read('first', phrase)).toBeNull();
  });

  it.each([
    ['I smoke', true],
    ["I don't smoke.", false],
    ['Non-smoker', false],
    ['yes I smoke', true],
    ["no I don't smoke", false],
    ["yes I don't smoke", null],
    ['I smoke sometimes', null],
  ])("knows the question's own words: %j", (phrase, value) => {
    expect(read('smoker', phrase)).toBe(value);
  });
});

describe('phantoms of a recognizer', () => {
  it.each([
    'Thank you.',
    'Thank you. Thank you.',
    'you',
    'You',
    'Thanks for watching!',
    'Yes. Thanks for watching!',
    'Thank you for watching, see you next time.',
    'Please subscribe to my channel.',
    'Subtitles by the Amara.org community',
    'Bye.',
    '[Music]',
    '(silence)',
    'www.example.com yes',
    'yes https://example.org',
    'Yes, visit us at example.com',
    Array(9).fill('yes').join(' '),
    Array(5).fill('yes I do').join(' '),
    Array(40).fill('no').join(', '),
    `yes ${'and so on '.repeat(70)}`,
    `yes ${'x'.repeat(5_000)}`,
  ])('%j is never an answer', (text) => {
    for (const node of ['first', 'age', 'slot', 'pin']) expect(read(node, text)).toBeNull();
  });

  it('lets people say a word several times', () => {
    expect(read('first', 'no no no no no')).toBe(false);
    expect(read('first', 'yes I do, yes I do')).toBe(true);
  });
});

describe('numbers', () => {
  it.each([
    ['25', 25],
    ['25.', 25],
    ['twenty five', 25],
    ['Twenty-five.', 25],
    ["I'm forty-two years old.", 42],
    ['I am 42', 42],
    ['a hundred and five', 105],
    ['one hundred five', 105],
    ['A hundred.', 100],
    ['My age is sixty', 60],
    ['um, eighteen', 18],
    ['seven', 7],
    ['I just turned 19', 19],
    ['42 years', 42],
    ['eighty', 80],
    ['one hundred and twenty', 120],
    ['well, 33 please', 33],
    ['nineteen eighty', null],
    ['twenty twenty', null],
    ['sixty five point five', null],
    ['65.5', null],
    ['65,5', null],
    ['25 or 26', null],
    ['25 26', null],
    ['4 2', null],
    ['one oh five', null],
    ['about forty', null],
    ['almost 30', null],
    ['over 60', null],
    ['I am not 18', null],
    ['six months', null],
    ['zero', null],
    ['0', null],
    ['121', null],
    ['two hundred', null],
    ['1,200', null],
    ['minus five', null],
    ['-5', null],
    ['25½', null],
    ['5²', null],
    ['25th', null],
    ['twenty fifth', null],
    ['a dozen', null],
    ['born in 1980', null],
    ['forty something', null],
    ['old enough', null],
    ['yes', null],
    ['a', null],
    ['999999999999999999999', null],
    ['1e3', null],
    ['twenty-five and a half', null],
  ])('reads an age from %j as %j', (phrase, value) => {
    expect(read('age', phrase)).toBe(value);
  });

  it.each([
    ['sixty five point five', 65.5],
    ['65.5', 65.5],
    ['65.5 kilos', 65.5],
    ['sixty five point oh five', null],
    ['sixty five point zero five', 65.05],
    ['minus five', -5],
    ['-5', -5],
    ['minus zero', 0],
    ['minus sixty', null],
    ['1,200', 1200],
    ['twelve hundred', 1200],
    ['two thousand and five', 2005],
    ['two hundred thousand', 200_000],
    ['one million two hundred thousand', 1_200_000],
    ['five hundred and', null],
    ['point five', null],
    ['five point', null],
  ])('reads a weight from %j as %j', (phrase, value) => {
    expect(read('weight', phrase)).toBe(value);
  });
});

describe('choices', () => {
  it.each([
    ['morning', 'morning'],
    ['In the morning, please.', 'morning'],
    ['I would like the afternoon', 'afternoon'],
    ['after lunch is best for me', 'afternoon'],
    ['Early!', 'morning'],
    ['A.M.', 'morning'],
    ['the operator', 'operator'],
    ['operator', 'operator'],
    ['two', 'afternoon'],
    ['2', 'afternoon'],
    ['morning or afternoon', null],
    ['morning, no, afternoon', null],
    ['not in the morning', null],
    ['maybe the morning', null],
    ['what about the morning', null],
    ['four', null],
    ['evening', null],
    ['yes', null],
    ['the second', null],
  ])('reads %j as %j', (phrase, value) => {
    const expected = phrase === 'the operator' ? '<operator>' : value;
    expect(read('slot', phrase)).toBe(expected);
  });
});

describe('spoken digits', () => {
  it.each([
    ['five five oh one two', '55012'],
    ['55012', '55012'],
    ['5 5 0 1 2', '55012'],
    ['550-12', '55012'],
    ["it's five five zero one", '5501'],
    ['double five oh one', '5501'],
    ['triple seven one', '7771'],
    ['my code is 1 2 3 4 please', '1234'],
    ['one two three', null],
    ['one two three four five six seven', null],
    ['fifty five oh one two', null],
    ['double', null],
    ['double 55 1', null],
    ['twelve thirty four', null],
    ['one two maybe three four', null],
    ['1.2 34', null],
  ])('reads %j as %j', (phrase, value) => {
    expect(read('pin', phrase)).toBe(value);
  });
});

describe('the keypad', () => {
  it.each([
    ['first', '1', true],
    ['first', '2', false],
    ['first', '1#', true],
    ['first', '3', null],
    ['first', '12', null],
    ['first', '#', '<repeat>'],
    ['first', '*', '<repeat>'],
    ['age', '42', 42],
    ['age', '42#', 42],
    ['age', '007#', 7],
    ['age', '121#', null],
    ['age', '0#', null],
    ['age', '#', '<repeat>'],
    ['age', '4*2', null],
    ['slot', '2', 'afternoon'],
    ['slot', '4', null],
    ['pin', '1234#', '1234'],
    ['pin', '0123', '0123'],
    ['pin', '123#', null],
    ['pin', '1234567#', null],
    ['pin', '1'.repeat(500), null],
    ['first', '', null],
    ['first', 'constructor', null],
    ['first', 'yes', null],
  ])('at %s, %j means %j', (node, keys, value) => {
    expect(read(node, keys, 'digits')).toBe(value);
  });
});

describe('what may be said at any question', () => {
  it.each(
    phrases(`Stop calling. | stop calling me | Please take me off your list! | Don't call me again | don’t call me again | do not call me
     Remove me from your list, please. | No, stop calling me. | yes but don't call me again | unsubscribe | never call me again
     I want to opt out | no more calls | Put me on the do not call list | quit calling this number | No more phone calls, please.
     Take me off the call list | do not contact me again | never call this number again | don't phone me again
     I asked you not to call | I don't want you calling me | please remove this number`),
  )('hears a wish not to be called in %j', (phrase) => {
    for (const node of ['first', 'age', 'slot', 'pin']) expect(read(node, phrase)).toBe('<opt-out>');
  });

  it.each(
    phrases(`Say that again. | Can you say that again please? | Pardon? | Pardon me | What? | Huh? | Sorry? | I'm sorry? | What did you say?
     could you repeat that | Repeat. | repeat the question please | come again | I didn't hear you. | Um, what was that? | one more time
     I don't understand | Excuse me?`),
  )('hears the wish to hear it again in %j', (phrase) => {
    for (const node of ['first', 'age', 'pin']) expect(read(node, phrase)).toBe('<repeat>');
  });

  it.each(
    phrases(`Operator. | operator please | Agent! | a person | Can I speak to a person? | I want to talk to a human | talk to someone
     representative | a real person please | Connect me with somebody`),
  )('hears the wish for a person in %j', (phrase) => {
    for (const node of ['first', 'age']) expect(read(node, phrase)).toBe('<operator>');
  });

  it('is unclear where the flow does not recognize it', () => {
    const none = { ...flow, intents: { optOut: null, operator: null, repeat: false } };
    for (const phrase of ['stop calling', 'operator', 'say that again']) {
      expect(readAnswer(none, askNode(flow, 'first'), phrase, 'speech')).toEqual({ kind: 'unclear' });
    }
  });
});

describe('hostile text', () => {
  const nodes = ['first', 'age', 'weight', 'slot', 'pin', 'smoker'];

  it('never throws, and gives only values that the question has', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 3_000 }),
      fc.string({ unit: 'grapheme', maxLength: 200 }),
      fc
        .array(
          fc.constantFrom(
            'yes',
            'no',
            'hundred',
            'and',
            'a',
            'twenty',
            'point',
            'minus',
            '5',
            'oh',
            'double',
            'but',
            'not',
            'million',
          ),
        )
        .map((words) => words.join(' ')),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...nodes),
        text,
        fc.constantFrom('speech' as const, 'digits' as const),
        (id, said, by) => {
          const node = askNode(flow, id);
          const reading = readAnswer(flow, node, said, by);
          if (reading.kind !== 'answer') return;
          const { question } = node;
          if (question.answer === 'yes-no') expect(reading.value).toBeTypeOf('boolean');
          if (question.answer === 'number') {
            expect(reading.value).toBeGreaterThanOrEqual(question.min);
            expect(reading.value).toBeLessThanOrEqual(question.max);
          }
          if (question.answer === 'choice')
            expect(question.choices.map((choice) => choice.name)).toContain(reading.value);
          if (question.answer === 'digits') expect(reading.value).toMatch(/^\d{4,6}$/);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('reads the same whatever the case, the spaces and the punctuation around the words', () => {
    const phrase = fc.constantFrom(
      'yes i do',
      'not really',
      'maybe',
      'stop calling me',
      'uh huh',
      'i have a question',
    );
    const noise = fc.constantFrom(' ', '  ', '\u0000', '\t', '. ', ', ', '! ', ' — ', '\u200b ');
    fc.assert(
      fc.property(
        phrase,
        fc.array(noise, { minLength: 8, maxLength: 8 }),
        fc.boolean(),
        (said, gaps, loud) => {
          const noisy =
            gaps[7] +
            said
              .split(' ')
              .map((word, index) => word + gaps[index])
              .join('');
          expect(read('first', loud ? noisy.toUpperCase() : noisy)).toBe(read('first', said));
        },
      ),
    );
  });

  it('takes a hundred thousand characters in no time', () => {
    for (const text of [
      'yes '.repeat(25_000),
      'a'.repeat(100_000),
      '-1 '.repeat(33_000),
      "'".repeat(100_000),
    ]) {
      for (const node of nodes) expect(read(node, text)).toBeNull();
    }
  });
});
