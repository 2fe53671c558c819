/** How a token of tokens.ts looks, for whoever cannot read it: the supervisor has no key. Pure. */

/** Every token's length; anything else is refused before it is decoded. */
export const TOKEN_CHARACTERS = 104;

export const TOKEN_TEXT = /^[A-Za-z0-9_-]{104}$/;
