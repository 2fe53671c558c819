import type { CallNote } from '../channel/messages.ts';
import type { BrowserNote } from '../protocol/browser-messages.ts';

/** What a page shows its caller of what a call tells: of an answer both what was heard and what it was taken for. */
export function toBrowserNotes(note: CallNote): readonly BrowserNote[] {
  switch (note.kind) {
    case 'bot said':
      return [{ kind: 'question', node: note.nodeId, text: note.text }];
    case 'caller said': {
      const heard: BrowserNote = { kind: 'heard', text: note.text };
      const { answer: value, nodeId: node } = note;
      return value === null ? [heard] : [heard, { kind: 'answer', node, value }];
    }
    case 'no input':
      return [{ kind: 'no-input' }];
    case 'no match':
      return [{ kind: 'no-match' }];
    case 'recognizer failed':
      return [{ kind: 'vendor' }];
    case 'interrupted':
      return [{ kind: 'interrupted' }];
    case 'decided':
      return [];
  }
}
