/** What a board shows in tests: ten calls and their flow. */
const QUESTIONS = ['willing', 'age', 'sleep', 'lasting', 'visit'];

export function callSidOf(index: number): string {
  return `CA${index.toString(16).padStart(32, '0')}`;
}

export function boardCalls(count: number) {
  const nowMs = Date.now();
  return Array.from({ length: count }, (_, index) => ({
    callSid: callSidOf(index),
    channel: index % 4 === 3 ? 'browser' : 'phone',
    from: `+1•••••01${String(index).padStart(2, '0')}`,
    question: QUESTIONS[index % QUESTIONS.length]!,
    startedAtMs: nowMs - index * 9000,
    levelDbfs: index % 3 === 0 ? -18 : -55,
    isSpeaking: index % 3 === 0,
    botSpeaks: index % 3 === 1,
    heard: index === 0 ? '' : '•••',
    turn: index % 6,
  }));
}

export function boardSnapshot(calls: ReturnType<typeof boardCalls>) {
  return {
    atMs: Date.now(),
    nodeId: 'node-1',
    calls,
    callCount: calls.length,
    capacity: { limit: 1000, inUse: calls.length, lowered: false, draining: false },
    workers: { ready: 2, wanted: 2, lost: 0 },
    store: { engine: 'sqlite', isDurable: true, deferredCommits: 0 },
    vendors: [
      { name: 'openai', state: 'up', detail: 'recognizer' },
      { name: 'elevenlabs', state: 'down', detail: 'answers 503 since 10:42' },
    ],
    today: {
      outcomes: [
        { name: 'eligible', calls: 211 },
        { name: 'not_eligible', calls: 87 },
        { name: 'opted_out', calls: 4 },
      ],
      turns: 1834,
      turnLatencyMs: { p50: 380, p95: 720, p99: 1150 },
    },
    loopDelayMs: { p50: 0.2, p99: 1.4 },
  };
}

export function callView(callSid: string) {
  return {
    callSid,
    channel: 'phone',
    from: '+1•••••0102',
    state: 'live' as 'live' | 'ended',
    startedAtMs: Date.now() - 31_000,
    endedAtMs: null as number | null,
    outcome: null,
    endReason: null as string | null,
    answers: [{ node: 'willing', value: 'true' }],
    timeline: [
      { atMs: 0, kind: 'prompt', text: 'Would you like to take part?', durationMs: 3200 },
      { atMs: 2900, kind: 'barge-in', text: 'spoke over the prompt' },
      { atMs: 3100, kind: 'speech', text: '•••', durationMs: 700 },
      { atMs: 4300, kind: 'vendor', text: 'openai answered', durationMs: 410 },
      { atMs: 4310, kind: 'answer', text: 'willing: true' },
    ],
  };
}

export const FLOW = {
  name: 'eligibility',
  version: 'a1b2c3d4e5f6',
  names: ['eligibility'],
  start: 'greeting',
  nodes: [
    { id: 'greeting', kind: 'say', text: 'Hello! A few quick questions about our sleep study.' },
    { id: 'willing', kind: 'ask', text: 'Would you like to take part?' },
    { id: 'age', kind: 'ask', text: 'Enter your age on the keypad, then press pound.' },
    { id: 'sleep', kind: 'ask', text: 'Do you have trouble sleeping?' },
    { id: 'eligible', kind: 'end', text: 'Good news, you can take part.' },
    { id: 'not_eligible', kind: 'end', text: 'Thank you, the study does not fit you.' },
    { id: 'operator', kind: 'transfer', text: 'One moment, I connect you.' },
  ],
  edges: [
    { from: 'greeting', to: 'willing', label: '', callsToday: 302 },
    { from: 'willing', to: 'age', label: 'willing', callsToday: 271 },
    { from: 'willing', to: 'not_eligible', label: 'else', callsToday: 31 },
    { from: 'willing', to: 'operator', label: 'otherwise', callsToday: 0 },
    { from: 'age', to: 'sleep', label: 'age >= 18', callsToday: 240 },
    { from: 'age', to: 'not_eligible', label: 'else', callsToday: 22 },
    { from: 'age', to: 'age', label: 'age > 120', callsToday: 3 },
    { from: 'sleep', to: 'eligible', label: 'sleep', callsToday: 211 },
    { from: 'sleep', to: 'not_eligible', label: 'else', callsToday: 29 },
    { from: 'sleep', to: 'willing', label: 'again', callsToday: 2 },
  ],
};
