// Takes an event of a function URL so many times, as a Lambda in Node does: its runtime parses the event, then
// @octokit/webhooks checks and parses the body. Arguments: the event's file, how often, the secret.
const { readFileSync } = require('node:fs');
const [file, times, secret] = process.argv.slice(2);

(async () => {
  const { Webhooks } = await import('@octokit/webhooks');
  const webhooks = new Webhooks({ secret });
  let taken = 0;
  webhooks.on('push', ({ payload }) => { taken += payload.after.length === 40 ? 1 : 0; });
  const event = readFileSync(file);
  for (let time = 0; time < times; time += 1) {
    const { headers, body } = JSON.parse(event.toString());
    await webhooks.verifyAndReceive({
      id: headers['x-github-delivery'],
      name: headers['x-github-event'],
      signature: headers['x-hub-signature-256'],
      payload: body,
    });
  }
  if (taken !== Number(times)) throw new Error(`${taken} of ${times} were taken`);
})();
