import { useRef, useState } from 'preact/hooks';
import { adminFetch, adminSentence } from './admin-fetch.ts';

const ANSWER_MAX_MS = 8000;

/** Asks before it ends somebody's call. */
export function HangUp({ callSid, from }: { readonly callSid: string; readonly from: string }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [told, setTold] = useState('');
  const [isAsked, setIsAsked] = useState(false);

  const hangUp = async () => {
    dialog.current?.close();
    setIsAsked(true);
    setTold('Hanging up…');
    const path = `api/calls/${encodeURIComponent(callSid)}/hang-up`;
    const answer = await adminFetch(path, { method: 'POST', signal: AbortSignal.timeout(ANSWER_MAX_MS) });
    if (answer.kind === 'answer') {
      setTold('The call is being ended.');
      return;
    }
    setIsAsked(false);
    setTold(answer.problem.status === 404 ? 'The call is over already.' : adminSentence(answer.problem));
  };

  return (
    <div class="hang-up-row">
      <button type="button" class="danger" disabled={isAsked} onClick={() => dialog.current?.showModal()}>
        Hang up
      </button>
      <p role="status">{told}</p>
      <dialog ref={dialog} aria-labelledby="hang-up-question">
        <h2 id="hang-up-question">Hang up the call from {from || 'an unknown caller'}?</h2>
        <p>The caller is cut off at once. The answers so far are kept.</p>
        <div class="choices">
          <button type="button" class="quiet" onClick={() => dialog.current?.close()}>
            Let it go on
          </button>
          <button type="button" class="danger" onClick={() => void hangUp()}>
            Hang up
          </button>
        </div>
      </dialog>
    </div>
  );
}
