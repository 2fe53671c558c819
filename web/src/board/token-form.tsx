import { useId, useState } from 'preact/hooks';
import { keepAdminToken, readAdminToken } from './admin-token.ts';

/** Asked for when the server wants a token, or another than it was given. */
export function TokenForm({ onToken }: { readonly onToken: () => void }) {
  const [token, setToken] = useState('');
  const id = useId();
  const wasGiven = readAdminToken() !== '';
  return (
    <form
      class="card token"
      onSubmit={(event) => {
        event.preventDefault();
        keepAdminToken(token.trim());
        onToken();
      }}
    >
      <h2>{wasGiven ? 'That token was not the right one.' : 'This board is for its operator.'}</h2>
      <label for={id}>ADMIN_TOKEN of the server</label>
      <input
        id={id}
        type="password"
        autocomplete="off"
        required
        value={token}
        onInput={(event) => setToken(event.currentTarget.value)}
      />
      <button type="submit" class="main">
        Open the board
      </button>
      <p class="faint">It is kept in this tab only, until you close it.</p>
    </form>
  );
}
