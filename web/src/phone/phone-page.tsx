import { useEffect, useMemo, useState } from 'preact/hooks';
import { Header } from '../shared/header.tsx';
import { Keypad } from './keypad.tsx';
import { LevelMeter, type LevelSource } from './level-meter.tsx';
import { PhoneCall } from './phone-call.ts';
import { IDLE, type Phase, type PhoneState } from './phone-state.ts';
import { Answers, Result } from './result.tsx';
import type { Sentence } from './sentence.ts';
import { Transcript } from './transcript.tsx';

export function PhonePage() {
  const [state, setState] = useState<PhoneState>(IDLE);
  const source = useMemo<LevelSource>(() => ({ onLevel: null }), []);
  const call = useMemo(() => new PhoneCall(setState, (levelDbfs) => source.onLevel?.(levelDbfs)), [source]);
  const press = useMemo(() => (digit: string) => call.press(digit), [call]);
  const { phase } = state;
  const isOnCall = phase.name === 'live' || phase.name === 'reconnecting' || phase.name === 'hanging-up';
  useWarningBeforeLeaving(isOnCall);
  return (
    <>
      <Header here="phone" />
      <main class="phone">
        <h1 class="hidden">Talk to the bot</h1>
        <Stage state={state} call={call} />
        {state.notice !== '' && (
          <p class="notice" role="status">
            {state.notice}
          </p>
        )}
        {phase.name === 'failed' && (
          <Failure sentence={phase.sentence} onKeypad={() => void call.call(false)} />
        )}
        {phase.name === 'over' && <Result over={phase} answers={state.answers} />}
        {isOnCall && (
          <div class="controls">
            <div class="line-controls">
              {state.hasMicrophone && (
                <>
                  <LevelMeter source={source} isMuted={state.isMuted} />
                  <button
                    type="button"
                    class="quiet"
                    aria-pressed={state.isMuted}
                    onClick={() => call.toggleMute()}
                  >
                    {state.isMuted ? 'Unmute' : 'Mute'}
                  </button>
                </>
              )}
            </div>
            <Keypad onPress={press} />
          </div>
        )}
        {isOnCall && <Answers answers={state.answers} />}
        <Transcript lines={state.lines} />
      </main>
    </>
  );
}

function Stage({ state, call }: { readonly state: PhoneState; readonly call: PhoneCall }) {
  const { phase } = state;
  const isIdle = phase.name === 'idle' || phase.name === 'over' || phase.name === 'failed';
  const label = isIdle
    ? phase.name === 'idle'
      ? 'Call'
      : 'Call again'
    : phase.name === 'starting'
      ? 'Cancel'
      : 'Hang up';
  const halo = phase.name === 'live' ? (state.botSpeaks ? 'speaking' : 'listening') : phase.name;
  return (
    <div class={`stage ${halo}`}>
      <button
        type="button"
        class={isIdle ? 'call' : 'call hang-up'}
        disabled={phase.name === 'hanging-up'}
        onClick={() => (isIdle ? void call.call(true) : call.hangUp())}
      >
        <HandsetIcon />
        <span>{label}</span>
      </button>
      <p class="status" role="status">
        {statusOf(phase, state)}
      </p>
      {isIdle && (
        <button type="button" class="text" onClick={() => void call.call(false)}>
          Call without a microphone
        </button>
      )}
    </div>
  );
}

function statusOf(phase: Phase, { isMuted, hasMicrophone }: PhoneState): string {
  switch (phase.name) {
    case 'idle':
      return 'Talk to the bot as if you rang it.';
    case 'starting':
      return phase.step === 'microphone' ? 'Please allow the microphone.' : 'Connecting…';
    case 'live':
      // Said aloud by screen readers, into the microphone too: so it stays the same whoever speaks.
      if (!hasMicrophone) return 'Connected. Use the keypad.';
      return isMuted ? 'Connected, muted.' : 'Connected.';
    case 'reconnecting':
      return 'Connection lost. Trying to get it back…';
    case 'hanging-up':
      return 'Hanging up…';
    case 'over':
    case 'failed':
      return '';
  }
}

function Failure({ sentence, onKeypad }: { readonly sentence: Sentence; readonly onKeypad: () => void }) {
  return (
    <section class="failure" role="alert">
      <h2>{sentence.title}</h2>
      <p>{sentence.advice}</p>
      {sentence.offersKeypad === true && (
        <button type="button" class="quiet" onClick={onKeypad}>
          Call with the keypad
        </button>
      )}
    </section>
  );
}

function HandsetIcon() {
  return (
    <svg class="handset" viewBox="0 0 24 24" aria-hidden="true">
      <path d="M6.6 3.5 9 3a1 1 0 0 1 1.1.6l1.1 2.7a1 1 0 0 1-.3 1.1L9.4 8.7a12.6 12.6 0 0 0 5.9 5.9l1.3-1.5a1 1 0 0 1 1.1-.3l2.7 1.1a1 1 0 0 1 .6 1.1l-.5 2.4a2 2 0 0 1-2 1.6A15.5 15.5 0 0 1 5 5.5a2 2 0 0 1 1.6-2Z" />
    </svg>
  );
}

function useWarningBeforeLeaving(isOnCall: boolean): void {
  useEffect(() => {
    if (!isOnCall) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [isOnCall]);
}
