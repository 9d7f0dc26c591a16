// Shows the contract. No validatorUrl: the default is another host.
window.ui = SwaggerUIBundle({
  url: "/openapi.yaml",
  dom_id: "#contract",
  deepLinking: true,
  validatorUrl: null,
});
