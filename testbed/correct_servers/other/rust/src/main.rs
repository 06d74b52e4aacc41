//! A chat service on tiny_http and serde_json. It reads the body as a Value and names every fault.
//!
//! serde_json is strict, nests at most 128 deep and takes the last of two equal keys. A limit is an i64 from 0 on; null
//! counts as absent for strings only. Any string is a timestamp.

use serde_json::{json, Map, Value};
use std::fs::File;
use std::io::Read;
use std::sync::Arc;
use std::thread;
use tiny_http::{Header, Method, Request, Response, Server};

fn fault(path: &[Value], msg: &str, kind: &str) -> Value {
    let mut loc = vec![json!("body")];
    loc.extend_from_slice(path);
    json!({"loc": loc, "msg": msg, "type": kind})
}

fn below(path: &[Value], name: &str) -> Vec<Value> {
    [path, &[json!(name)]].concat()
}

fn strings(holder: &Map<String, Value>, path: &[Value], required: &[&str], optional: &[&str]) -> Vec<Value> {
    let mut faults = Vec::new();
    for name in required {
        match holder.get(*name) {
            Some(Value::String(_)) => {}
            Some(_) => faults.push(fault(&below(path, name), "expected a string", "type")),
            None => faults.push(fault(&below(path, name), "missing field", "missing")),
        }
    }
    for name in optional {
        if !matches!(holder.get(*name), None | Some(Value::Null) | Some(Value::String(_))) {
            faults.push(fault(&below(path, name), "expected a string or null", "type"));
        }
    }
    faults
}

fn faults_of(body: &Value) -> Vec<Value> {
    let Value::Object(fields) = body else {
        return vec![fault(&[], "expected an object", "type")];
    };
    let mut faults = strings(fields, &[], &["message"], &["conversation_id", "session_id", "user_id"]);
    if let Some(limit) = fields.get("limit") {
        if !limit.as_i64().map_or(false, |limit| limit >= 0) {
            faults.push(fault(&[json!("limit")], "expected an integer from 0 on", "type"));
        }
    }
    match fields.get("events") {
        None => {}
        Some(Value::Array(events)) => {
            for (index, event) in events.iter().enumerate() {
                let path = [json!("events"), json!(index)];
                match event {
                    Value::Object(event) => {
                        faults.extend(strings(event, &path, &["timestamp", "type"], &["item_id", "description"]))
                    }
                    _ => faults.push(fault(&path, "expected an object", "type")),
                }
            }
        }
        Some(_) => faults.push(fault(&[json!("events")], "expected an array", "type")),
    }
    faults
}

fn uuid() -> String {
    let mut bytes = [0u8; 16];
    File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes)).expect("random bytes");
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

fn reply(body: &Value, catalogue: &[Value]) -> Value {
    let limit = body.get("limit").and_then(Value::as_u64).unwrap_or(4).min(catalogue.len() as u64) as usize;
    let id = match body.get("conversation_id").and_then(Value::as_str) {
        None | Some("") => uuid(),
        Some(given) => given.to_owned(),
    };
    json!({"conversation_id": id, "message": "Here you are.", "items": catalogue[..limit]})
}

fn chat(raw: &[u8], catalogue: &[Value]) -> (u16, Value) {
    match serde_json::from_slice::<Value>(raw) {
        Err(error) => (422, json!({"detail": [fault(&[], &error.to_string(), "json_invalid")]})),
        Ok(body) => match faults_of(&body) {
            faults if faults.is_empty() => (200, reply(&body, catalogue)),
            faults => (422, json!({ "detail": faults })),
        },
    }
}

fn handle(mut request: Request, catalogue: &[Value]) -> std::io::Result<()> {
    let path = request.url().split('?').next().unwrap_or("").to_owned();
    let (status, body) = match (path.as_str(), request.method()) {
        ("/v1/chat", Method::Post) => {
            let mut raw = Vec::new();
            request.as_reader().read_to_end(&mut raw)?;
            chat(&raw, catalogue)
        }
        ("/v1/chat", _) => (405, json!({"detail": "Method not allowed"})),
        _ => (404, json!({"detail": "Not found"})),
    };
    let mut response = Response::from_string(body.to_string()).with_status_code(status);
    response.add_header("Content-Type: application/json".parse::<Header>().expect("a header"));
    if status == 405 {
        response.add_header("Allow: POST".parse::<Header>().expect("a header"));
    }
    request.respond(response)
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let text = std::fs::read_to_string(&arguments[2]).expect("the catalogue");
    let catalogue: Arc<Vec<Value>> = Arc::new(serde_json::from_str(&text).expect("JSON"));
    let server = Arc::new(Server::http(format!("127.0.0.1:{}", arguments[1])).expect("a free port"));
    let workers = (0..8).map(|_| {
        let (server, catalogue) = (server.clone(), catalogue.clone());
        thread::spawn(move || {
            for request in server.incoming_requests() {
                if let Err(error) = handle(request, &catalogue) {
                    eprintln!("{error}");
                }
            }
        })
    });
    for worker in workers.collect::<Vec<_>>() {
        worker.join().expect("a worker");
    }
}
