// Which ticket is explained stands in the address, after the #.

const BEGIN = "#/ticket/";

export const address = id => BEGIN + encodeURIComponent(id);

// Give the ticket that the address names; null where it names none.
export function named() {
  if (!location.hash.startsWith(BEGIN)) return null;
  try {
    return decodeURIComponent(location.hash.slice(BEGIN.length)) || null;
  } catch {
    return null;
  }
}

export const leave = () => history.replaceState(null, "", location.pathname + location.search);
