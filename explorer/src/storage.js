// The browser's storage, without what authenticates: GraphiQL keeps tabs and history there, and history would
// keep each request's headers too.
const withoutHeaders = (text) => {
  try {
    return JSON.stringify(JSON.parse(text), (key, value) => (key === 'headers' ? null : value));
  } catch {
    return text; // not JSON: a theme, a width
  }
};

export const storage = {
  getItem: (key) => localStorage.getItem(key),
  setItem: (key, value) => localStorage.setItem(key, withoutHeaders(value)),
  removeItem: (key) => localStorage.removeItem(key),
  clear: () => localStorage.clear(),
  get length() {
    return localStorage.length;
  },
};
