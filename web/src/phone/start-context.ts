/** Longer than a device takes to wake up; a context that may not start waits for ever. */
const START_MAX_MS = 3000;

/** Whether the context runs. */
export async function startContext(context: AudioContext): Promise<boolean> {
  const late = new Promise<void>((resolve) => setTimeout(resolve, START_MAX_MS));
  await Promise.race([context.resume().catch(() => {}), late]);
  return context.state === 'running';
}
