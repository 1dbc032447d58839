/**
 * The operator's key: from the link that `tickwire dashboard` prints, in this tab only. It comes in the fragment, which a
 * browser sends nowhere, and leaves the address at once, so that it is on no screenshot and in no history.
 */
const KEPT = 'tickwire-operator-key';

/** @returns {string | null} */
export function takeKey() {
  const key = new URLSearchParams(location.hash.slice(1)).get('key');
  if (key !== null) {
    sessionStorage.setItem(KEPT, key);
    history.replaceState(null, '', location.pathname + location.search);
  }
  return sessionStorage.getItem(KEPT);
}

/** @param {string} key */
export const keepKey = (key) => sessionStorage.setItem(KEPT, key);

export const forgetKey = () => sessionStorage.removeItem(KEPT);
