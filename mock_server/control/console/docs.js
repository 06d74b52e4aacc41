// Shows the contract with Swagger UI. The document names this mock as its only server.
window.SwaggerUIBundle({ url: "openapi.json", dom_id: "#docs", validatorUrl: null, docExpansion: "full", defaultModelsExpandDepth: 0 });
