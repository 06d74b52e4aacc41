// A chat service on net/http and encoding/json, as Go programmers write one: a struct with pointers, one Decode.
//
// encoding/json reports only the first wrong type and goes on, so the missing fields are named beside it. It ignores
// the case of names, takes the last of two equal ones, reads null as absent, and leaves what follows a value unread.
// Events are decoded one by one, since an error of encoding/json does not tell the index.
package main

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"
	"time"
)

type Event struct {
	Timestamp   *string `json:"timestamp"`
	Type        *string `json:"type"`
	ItemID      *string `json:"item_id"`
	Description *string `json:"description"`
}

type ChatRequest struct {
	Message        *string           `json:"message"`
	ConversationID *string           `json:"conversation_id"`
	SessionID      *string           `json:"session_id"`
	UserID         *string           `json:"user_id"`
	Events         []json.RawMessage `json:"events"`
	Limit          *int64            `json:"limit"`
}

type ChatResponse struct {
	ConversationID string            `json:"conversation_id"`
	Message        string            `json:"message"`
	Items          []json.RawMessage `json:"items"`
}

type Fault struct {
	Loc  []any  `json:"loc"`
	Msg  string `json:"msg"`
	Type string `json:"type"`
}

var catalogue []json.RawMessage

// typeFault turns an error of encoding/json into a fault below loc.
func typeFault(err error, loc ...any) Fault {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) {
		return Fault{[]any{"body"}, err.Error(), "json_invalid"}
	}
	if wrong.Field != "" {
		loc = append(loc, wrong.Field)
	}
	return Fault{loc, "Cannot be a " + wrong.Value, "type_error"}
}

func missing(loc ...any) Fault {
	return Fault{loc, "Field required", "missing"}
}

func (event *Event) faults(raw json.RawMessage, index int) (faults []Fault) {
	if raw[0] != '{' {
		return []Fault{{[]any{"body", "events", index}, "Should be an object", "type_error"}}
	}
	if err := json.Unmarshal(raw, event); err != nil {
		faults = append(faults, typeFault(err, "body", "events", index))
	}
	if event.Timestamp == nil {
		faults = append(faults, missing("body", "events", index, "timestamp"))
	} else if _, err := time.Parse(time.RFC3339, strings.ToUpper(*event.Timestamp)); err != nil && len(faults) == 0 {
		faults = append(faults, Fault{[]any{"body", "events", index, "timestamp"}, err.Error(), "date_time"})
	}
	if event.Type == nil {
		faults = append(faults, missing("body", "events", index, "type"))
	}
	return faults
}

func (request *ChatRequest) faults(decoding error) (faults []Fault) {
	if decoding != nil {
		fault := typeFault(decoding, "body")
		if faults = append(faults, fault); len(fault.Loc) == 1 {
			return faults
		}
	}
	if request.Message == nil {
		faults = append(faults, missing("body", "message"))
	}
	for index, raw := range request.Events {
		faults = append(faults, new(Event).faults(raw, index)...)
	}
	if request.Limit != nil && *request.Limit < 0 {
		faults = append(faults, Fault{[]any{"body", "limit"}, "Should not be negative", "minimum"})
	}
	return faults
}

func newID() string {
	id := make([]byte, 16)
	if _, err := rand.Read(id); err != nil {
		panic(err)
	}
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}

func reply(request ChatRequest) ChatResponse {
	limit, id := int64(4), newID()
	if request.Limit != nil {
		limit = *request.Limit
	}
	if request.ConversationID != nil && *request.ConversationID != "" {
		id = *request.ConversationID
	}
	if limit > int64(len(catalogue)) {
		limit = int64(len(catalogue))
	}
	return ChatResponse{id, "Here you are.", catalogue[:limit]}
}

func write(writer http.ResponseWriter, status int, body any) {
	writer.Header().Set("Content-Type", "application/json")
	writer.WriteHeader(status)
	if err := json.NewEncoder(writer).Encode(body); err != nil {
		log.Print(err)
	}
}

func chat(writer http.ResponseWriter, request *http.Request) {
	if request.Method != http.MethodPost {
		writer.Header().Set("Allow", http.MethodPost)
		http.Error(writer, "Method not allowed", http.StatusMethodNotAllowed)
		return
	}
	var body ChatRequest
	err := json.NewDecoder(request.Body).Decode(&body)
	if faults := body.faults(err); len(faults) > 0 {
		write(writer, http.StatusUnprocessableEntity, map[string]any{"detail": faults})
		return
	}
	write(writer, http.StatusOK, reply(body))
}

func main() {
	data, err := os.ReadFile(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	if err := json.Unmarshal(data, &catalogue); err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/v1/chat", chat)
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[1], nil))
}
