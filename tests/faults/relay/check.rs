//! The check of what arrived against what was sent. Pure.

use std::collections::{HashMap, VecDeque};

use super::End;
use super::editor::{From, Sent};

/// A shorter message is not passed on before it is whole, in bytes.
const LONG_BYTES: usize = 100 << 10;

/// The output of Lean.
pub(crate) struct LeanOutput {
    /// The bytes, noted before they were written.
    pub(crate) bytes: Vec<u8>,
    /// The length of what was written at the least.
    pub(crate) written: usize,
}

/// The body of the message that `bytes` begin with, and how long all of it is.
pub(crate) fn message(bytes: &[u8]) -> Option<(&[u8], usize)> {
    let length = announced(bytes)?;
    let message = bytes.get(..length)?;
    Some((body(message), length))
}

/// Returns the length of the message that `bytes` begin with, if its header is there.
fn announced(bytes: &[u8]) -> Option<usize> {
    let near = &bytes[..bytes.len().min(64)];
    let end = near.windows(4).position(|w| w == b"\r\n\r\n")? + 4;
    let header = std::str::from_utf8(&bytes[..end]).ok()?;
    let length = header.strip_prefix("Content-Length: ")?.trim_end();
    Some(end + length.parse::<usize>().ok()?)
}

/// The raw value of an id or a method, which stands before whatever is long.
pub(crate) fn member(body: &[u8], key: &str) -> Option<String> {
    let head = String::from_utf8_lossy(&body[..body.len().min(300)]);
    let head = ["\"params\"", "\"result\"", "\"error\""]
        .iter()
        .filter_map(|long| head.split_once(long))
        .map(|(before, _)| before)
        .min_by_key(|before| before.len())
        .unwrap_or(&head);
    let (_, value) = head.split_once(&format!("\"{key}\":"))?;
    let end = value.find([',', '}']).unwrap_or(value.len());
    Some(value[..end].to_owned())
}

/// The messages of `bytes`, whole with their headers, and what is left.
fn messages(mut bytes: &[u8]) -> (Vec<&[u8]>, &[u8]) {
    let mut all = Vec::new();
    while let Some((_, length)) = message(bytes) {
        all.push(&bytes[..length]);
        bytes = &bytes[length..];
    }
    (all, bytes)
}

fn body(message: &[u8]) -> &[u8] {
    let end = message.windows(4).position(|w| w == b"\r\n\r\n");
    &message[end.map_or(0, |end| end + 4)..]
}

/// The parts of a message that are looked at.
fn shown(message: &[u8]) -> String {
    String::from_utf8_lossy(&message[..message.len().min(200)]).into_owned()
}

/// Checks that Lean has heard what the editor said to it, byte for byte, and between these whole messages of
/// ours.
pub(crate) fn to_lean(sent: &Sent, heard: &[u8], end: End) -> Result<(), String> {
    let (all, rest) = messages(heard);
    let ours = |message: &[u8]| is_ours(sent, message);
    let mut editors = all
        .into_iter()
        .filter(|message| !ours(message))
        .collect::<Vec<_>>()
        .concat();
    if sent.to_lean.starts_with(&[&editors, rest].concat()) {
        editors.extend_from_slice(rest);
    } else if !sent.to_lean.starts_with(&editors) || end.lean_hears_all() || rest.is_empty() {
        // What breaks off may be a message of ours.
        let same = editors.iter().zip(&sent.to_lean);
        let at = same.take_while(|(a, b)| a == b).count();
        return Err(format!(
            "Lean hears something else from {at} on: {:?}, not {:?}; rest {:?}",
            shown(editors.get(at..).unwrap_or_default()),
            shown(&sent.to_lean[at..]),
            shown(rest),
        ));
    }
    if end.lean_hears_all() && editors.len() < sent.to_lean.len() {
        return Err(format!(
            "Lean hears only {} of {} bytes",
            editors.len(),
            sent.to_lean.len()
        ));
    }
    Ok(())
}

fn is_ours(sent: &Sent, message: &[u8]) -> bool {
    let ours = format!("\"{}", sent.session);
    member(body(message), "id").is_some_and(|id| id.starts_with(&ours))
}

/// The editor has heard what Lean said to it, byte for byte, but for the answers that are merged: these
/// once, and whole. Whatever else there is, is ours.
pub(crate) fn to_editor(sent: &Sent, output: &LeanOutput, end: End) -> Result<(), String> {
    // By id, what is to be merged; in order, what is not.
    let (mut merged, mut passed) = (HashMap::new(), VecDeque::new());
    let (whole, broken_off) = messages(&output.bytes);
    let mut start = 0;
    // What the end of Lean may have cut off.
    let mut cut = Vec::new();
    for message in whole {
        let surely = start + message.len() <= output.written;
        if !surely {
            cut.push(message);
        }
        start += message.len();
        if is_ours(sent, message) {
            continue;
        }
        match answer_to(sent, message) {
            Some((id, From::Both)) => _ = merged.insert(id, (message, surely, 0)),
            _ => passed.push_back((message, surely)),
        }
    }
    let (received, rest) = messages(&sent.received);
    let mut ours: HashMap<String, usize> = HashMap::new();
    for message in received {
        match answer_to(sent, message) {
            Some((id, From::Both)) => {
                let Some((leans, _, times)) = merged.get_mut(&id) else {
                    return Err(format!("nobody has said {:?}", shown(message)));
                };
                *times += 1;
                if !holds(body(message), body(leans)) {
                    return Err(format!("{:?} became {:?}", shown(leans), shown(message)));
                }
            }
            Some((id, From::Us)) => *ours.entry(id).or_default() += 1,
            None if is_of_us(sent, message) => {}
            _ => {
                let next = passed.pop_front();
                if next.is_none_or(|(next, _)| next != message) {
                    return Err(format!(
                        "the editor hears {:?}, not {:?}",
                        shown(message),
                        next.map(|(next, _)| shown(next))
                    ));
                }
            }
        }
    }
    if let Some((id, _)) = ours.iter().find(|(_, times)| **times > 1) {
        return Err(format!("we answered {id} more than once"));
    }
    if let Some((id, _)) = merged.iter().find(|(_, (_, _, times))| *times > 1) {
        return Err(format!("{id} is answered more than once"));
    }
    if !end.editor_hears_all() {
        return Ok(());
    }
    if let Some((lost, _)) = passed.iter().find(|(_, surely)| *surely) {
        return Err(format!("lost: {:?}", shown(lost)));
    }
    let lost = |(_, surely, times): &&(&[u8], bool, usize)| *surely && *times == 0;
    // Nothing can be said any more behind a long message that breaks off, which was passed on as it came.
    if announced(rest).is_none_or(|length| length < LONG_BYTES)
        && let Some((lost, ..)) = merged.values().find(lost)
    {
        return Err(format!("lost: {:?}", shown(lost)));
    }
    cut.push(broken_off);
    if !cut.iter().any(|message| message.starts_with(rest)) {
        return Err(format!("breaks off with {:?}", shown(rest)));
    }
    Ok(())
}

/// The id of the request that this answers, and who answers it.
fn answer_to(sent: &Sent, message: &[u8]) -> Option<(String, From)> {
    let body = body(message);
    if member(body, "method").is_some() {
        return None;
    }
    let id = member(body, "id")?;
    let from = *sent.requests.get(&id)?;
    Some((id, from))
}

/// Whether this request or notification is one of ours.
fn is_of_us(sent: &Sent, message: &[u8]) -> bool {
    const TOLD: [&str; 2] = ["\"$/progress\"", "\"window/showMessage\""];
    let method = member(body(message), "method");
    is_ours(sent, message) || method.is_some_and(|method| TOLD.contains(&&*method))
}

/// Whether `answer` is Lean's, with something put in at one place, or in the place of its `null`. What is
/// put into the capabilities has many places.
fn holds(answer: &[u8], leans: &[u8]) -> bool {
    if answer == leans {
        return true;
    }
    let contains = |text: &[u8]| leans.windows(text.len()).any(|part| part == text);
    if leans.len() < 1000 && contains(b"serverInfo") {
        return answer.len() > leans.len();
    }
    let same =
        |pairs: &mut dyn Iterator<Item = (&u8, &u8)>| pairs.take_while(|(a, b)| a == b).count();
    let before = same(&mut answer.iter().zip(leans));
    let after = same(&mut answer.iter().rev().zip(leans.iter().rev()));
    let null = if leans.ends_with(b"\"result\":null}") {
        4
    } else {
        0
    };
    // The two may share what repeats itself.
    answer.len() + null >= leans.len() && before + after + null >= leans.len()
}
