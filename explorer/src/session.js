// Signing in through the API itself. Tokens live in this page's memory only.
export const audiences = {
  STAFF: { title: 'Staff', field: 'signIn' },
  PORTAL: { title: 'Portal', field: 'portalSignIn' },
};

const documentOf = (field) => `mutation SignIn($email: String!, $password: String!) {
  ${field}(input: { email: $email, password: $password }) { accessToken userErrors { message } }
}`;

/** Gives the headers of a signed-in account; throws an Error with a sentence for the person. */
export async function signIn({ url, tenant, audience, email, password }) {
  const { field } = audiences[audience];
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', 'x-tenant-slug': tenant },
    body: JSON.stringify({ query: documentOf(field), variables: { email, password } }),
  });
  const { data, errors } = await response.json().catch(() => ({}));
  const payload = data?.[field];
  if (!payload?.accessToken) {
    const complaint = errors?.[0] ?? payload?.userErrors?.[0];
    throw new Error(complaint?.message ?? `The server answered ${response.status} without a token.`);
  }
  return { authorization: `Bearer ${payload.accessToken}`, 'x-tenant-slug': tenant };
}
