// The smallest Lambda there is in Node: asks its runtime for work with nothing but Node's own client.
const { get } = require('node:http');
get(`http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/next`, () => {});
