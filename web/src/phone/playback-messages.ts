/** Between the page and the audio thread. */
export type ToPlayback =
  | { readonly kind: 'audio'; readonly pcm: ArrayBuffer }
  | { readonly kind: 'mark'; readonly name: string }
  | { readonly kind: 'clear' };

export type FromPlayback =
  | { readonly kind: 'mark'; readonly name: string }
  | { readonly kind: 'playing'; readonly isPlaying: boolean };
