/** The page's own elements: one that is missing is a fault of the page, and is said by its name. */

/**
 * @template {Element} [T=HTMLElement]
 * @param {string} selector
 * @param {new () => T} [kind] HTMLElement unless given
 * @param {ParentNode} [within]
 * @returns {T}
 */
export function find(selector, kind, within = document) {
  const element = within.querySelector(selector);
  const wanted = /** @type {new () => T} */ (kind ?? HTMLElement);
  if (!(element instanceof wanted)) throw new Error(`the page has no ${wanted.name} "${selector}"`);
  return element;
}

/** @param {string} selector of a section with a table */
export const bodyOf = (selector) => find(`${selector} tbody`, HTMLTableSectionElement);
