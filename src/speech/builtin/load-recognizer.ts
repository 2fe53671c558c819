/** Loads the built-in recognizer with its model, and has it listen once, so that it is warm. */
import { BuiltinRecognizer } from './builtin-recognizer.ts';
import { YesNoClassifier } from './yes-no-classifier.ts';

/** Throws AddonError or InvalidStateError when the installation is not whole. One for each call worker. */
export async function loadBuiltinRecognizer(): Promise<BuiltinRecognizer> {
  const recognizer = new BuiltinRecognizer(YesNoClassifier.load());
  const expectation = { kind: 'yes-no', language: 'en', keywords: [] } as const;
  const recognition = recognizer.open(expectation, new AbortController().signal);
  // A second of noise that is no word: silence would be turned away before the model runs.
  const samples = Int16Array.from({ length: 8000 }, (_, index) => ((index * 7919) % 4001) - 2000);
  recognition.push({ samples, sampleRateHz: 8000 });
  await recognition.end();
  return recognizer;
}
