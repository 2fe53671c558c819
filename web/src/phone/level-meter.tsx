import { useEffect, useRef } from 'preact/hooks';

/** The span shown: quieter than the first is silence to the eye, and nobody speaks louder than the second. */
const QUIET_DBFS = -60;
const LOUD_DBFS = -6;
const SPOKEN_EVERY_MS = 500;

/** Where the level comes from, fifty times a second: not through the page's state. */
export interface LevelSource {
  onLevel: ((levelDbfs: number) => void) | null;
}

export function LevelMeter({ source, isMuted }: { readonly source: LevelSource; readonly isMuted: boolean }) {
  const meter = useRef<HTMLDivElement>(null);
  const bar = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let spokenAtMs = 0;
    source.onLevel = (levelDbfs) => {
      const ratio = Math.max(0, Math.min(1, (levelDbfs - QUIET_DBFS) / (LOUD_DBFS - QUIET_DBFS)));
      if (bar.current !== null) bar.current.style.transform = `scaleX(${ratio.toFixed(3)})`;
      const nowMs = performance.now();
      if (nowMs - spokenAtMs < SPOKEN_EVERY_MS) return;
      spokenAtMs = nowMs;
      meter.current?.setAttribute('aria-valuenow', String(Math.round(ratio * 100)));
    };
    return () => {
      source.onLevel = null;
    };
  }, [source]);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a <meter> cannot be drawn the same in every browser
    <div
      ref={meter}
      class={isMuted ? 'meter muted' : 'meter'}
      role="meter"
      aria-label="Microphone level"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={0}
    >
      <div ref={bar} class="bar" />
    </div>
  );
}
