use super::*;
use serde_json::json;

fn id() -> Id {
    Id::String("1".into())
}

fn lean(result: &str) -> Message {
    Message::new(format!(r#"{{"id":"1","result":{result}}}"#).as_bytes())
}

fn expect(merges: &Merges, method: Merged) -> Ticket {
    merges.expect(id(), method).expect("nothing is under way")
}

fn lean_says(merges: &Merges, result: &str) -> Answered {
    merges.lean_answered(&id(), false, || lean(result))
}

fn we_answered(merges: &Merges, ticket: &Ticket, ours: Value) -> Option<Message> {
    let mut sent = None;
    merges.we_answered(ticket, ours, |message| sent = Some(message));
    sent
}

fn give_up(merges: &Merges, ticket: &Ticket) -> Option<Message> {
    let mut sent = None;
    merges.give_up(ticket, |message| sent = Some(message));
    sent
}

fn used_again(merges: &Merges) -> Option<Message> {
    let mut sent = None;
    merges.used_again(&id(), |message| sent = Some(message));
    sent
}

#[test]
fn either_may_be_first() {
    let merges = Merges::default();
    let first = expect(&merges, Merged::CodeAction);
    assert_eq!(lean_says(&merges, "[1]"), Answered::Held(first.clone()));
    assert_eq!(
        we_answered(&merges, &first, json!([2])),
        Some(lean("[1,2]"))
    );
    let second = expect(&merges, Merged::CodeAction);
    assert_eq!(we_answered(&merges, &second, json!([2])), None);
    assert_eq!(lean_says(&merges, "[1]"), Answered::Merged(lean("[1,2]")));
    assert_eq!(lean_says(&merges, "[1]"), Answered::Alone);
    assert!(merges.is_empty());
}

#[test]
fn exactly_one_answer() {
    let merges = Merges::default();
    let ticket = expect(&merges, Merged::Hover);
    assert_eq!(merges.expect(id(), Merged::Hover), None);
    assert_eq!(give_up(&merges, &ticket), None);
    assert_eq!(lean_says(&merges, "null"), Answered::Held(ticket.clone()));
    assert_eq!(give_up(&merges, &ticket), Some(lean("null")));
    assert_eq!(we_answered(&merges, &ticket, json!({})), None);
    assert_eq!(give_up(&merges, &ticket), None);
}

#[test]
fn no_part_of_ours_is_as_good_as_one() {
    let merges = Merges::default();
    let ticket = expect(&merges, Merged::CodeAction);
    assert_eq!(we_answered(&merges, &ticket, Value::Null), None);
    assert_eq!(lean_says(&merges, "[1]"), Answered::Merged(lean("[1]")));
    let ticket = expect(&merges, Merged::CodeAction);
    assert_eq!(lean_says(&merges, "[1]"), Answered::Held(ticket.clone()));
    assert_eq!(
        we_answered(&merges, &ticket, Value::Null),
        Some(lean("[1]"))
    );
}

#[test]
fn an_error_does_not_wait() {
    let merges = Merges::default();
    let ticket = expect(&merges, Merged::Hover);
    let answered = merges.lean_answered(&id(), true, || panic!("it is not held"));
    assert_eq!(answered, Answered::Alone);
    assert_eq!(we_answered(&merges, &ticket, json!({})), None);
    assert!(merges.is_empty());
}

#[test]
fn a_late_part_is_not_taken_for_the_next_request() {
    let merges = Merges::default();
    let old = expect(&merges, Merged::CodeAction);
    merges.lean_answered(&id(), true, || panic!("it is not held"));
    let new = expect(&merges, Merged::CodeAction);
    assert_eq!(we_answered(&merges, &old, json!([1])), None);
    assert_eq!(lean_says(&merges, "[2]"), Answered::Held(new.clone()));
    assert_eq!(give_up(&merges, &old), None);
    assert_eq!(we_answered(&merges, &old, json!([1])), None);
    assert_eq!(we_answered(&merges, &new, json!([3])), Some(lean("[2,3]")));
}

#[test]
fn of_an_id_used_twice_both_answers_are_leans() {
    let merges = Merges::default();
    let ticket = expect(&merges, Merged::CodeAction);
    assert_eq!(used_again(&merges), None);
    assert_eq!(merges.expect(id(), Merged::CodeAction), None);
    assert_eq!(we_answered(&merges, &ticket, json!([1])), None);
    assert_eq!(lean_says(&merges, "[2]"), Answered::Alone);
    assert_eq!(lean_says(&merges, "[3]"), Answered::Alone);
    assert!(merges.is_empty());

    let ticket = expect(&merges, Merged::CodeAction);
    assert_eq!(lean_says(&merges, "[2]"), Answered::Held(ticket.clone()));
    assert_eq!(used_again(&merges), Some(lean("[2]")));
    assert_eq!(give_up(&merges, &ticket), None);
    assert_eq!(lean_says(&merges, "[3]"), Answered::Alone);
    assert!(merges.is_empty());
}

#[test]
fn a_second_answer_does_not_displace_the_first() {
    let merges = Merges::default();
    let ticket = expect(&merges, Merged::CodeAction);
    assert_eq!(lean_says(&merges, "[1]"), Answered::Held(ticket.clone()));
    assert_eq!(lean_says(&merges, "[2]"), Answered::Alone);
    assert_eq!(
        we_answered(&merges, &ticket, json!([3])),
        Some(lean("[1,3]"))
    );
}

#[test]
fn closing_lets_go_of_everything() {
    let merges = Merges::default();
    let ticket = expect(&merges, Merged::CodeAction);
    lean_says(&merges, "[1]");
    let mut held = Vec::new();
    merges.close(|message| held.push(message));
    assert_eq!(held, [lean("[1]")]);
    assert_eq!(we_answered(&merges, &ticket, json!([2])), None);
    assert_eq!(merges.expect(id(), Merged::CodeAction), None);
    assert_eq!(lean_says(&merges, "[1]"), Answered::Alone);
}
