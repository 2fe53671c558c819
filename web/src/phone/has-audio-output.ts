/** Whether there is something to hear the bot by. A browser that does not list its outputs is believed to have one. */
export async function hasAudioOutput(): Promise<boolean> {
  if (!('setSinkId' in HTMLMediaElement.prototype)) return true;
  const devices = await navigator.mediaDevices.enumerateDevices().catch(() => null);
  return devices === null || devices.some(({ kind }) => kind === 'audiooutput');
}
