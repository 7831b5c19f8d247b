//! Files as Lean would write them, or would not.

/// A file under construction. What its methods give is a field's word: an address or a boxed number.
pub struct File {
    word: usize,
    base: u64,
    pub bytes: Vec<u8>,
}

/// A constructor without fields, or a number.
pub const fn boxed(number: u64) -> u64 {
    number << 1 | 1
}

/// The hash and flags that Lean keeps with a term: nobody is to believe them.
const COMPUTED: [u8; 8] = [0xee; 8];

impl File {
    /// An empty file with words of 4 or 8 bytes; GMP's numbers in the latter.
    pub fn new(word: usize, base: u64) -> File {
        let mut bytes = b"olean\x02".to_vec();
        bytes.push(u8::from(word == 8));
        bytes.extend_from_slice(b"4.99.0");
        bytes.resize(40, 0);
        bytes.resize(80, b'c');
        let mut file = File { word, base, bytes };
        file.words(&[base, 0]);
        file
    }

    fn words(&mut self, words: &[u64]) {
        for word in words {
            let word = word.to_le_bytes();
            self.bytes.extend_from_slice(&word[..self.word]);
        }
    }

    /// Where the next object will be.
    pub fn next(&self) -> u64 {
        self.base + self.bytes.len() as u64
    }

    fn begin(&mut self, size: usize, other: u8, tag: u8) -> u64 {
        let address = self.next();
        self.bytes.extend_from_slice(&[0; 4]);
        self.bytes.extend_from_slice(&(size as u16).to_le_bytes());
        self.bytes.extend_from_slice(&[other, tag]);
        address
    }

    fn end(&mut self) {
        let len = self.bytes.len().next_multiple_of(self.word);
        self.bytes.resize(len, 0);
    }

    pub fn ctor(&mut self, tag: u8, fields: &[u64], rest: &[u8]) -> u64 {
        let size = (8 + fields.len() * self.word + rest.len()).next_multiple_of(self.word);
        let address = self.begin(size, fields.len() as u8, tag);
        self.words(fields);
        self.bytes.extend_from_slice(rest);
        self.end();
        address
    }

    /// A constructor that begins so many bytes behind where another does.
    pub fn inside(&mut self, outer: u64, skip: u64, tag: u8, fields: &[u64]) -> u64 {
        let own = self.ctor(tag, fields, &COMPUTED);
        let copied = self.bytes.split_off((own - self.base) as usize);
        let at = (outer + skip - self.base) as usize;
        self.bytes[at..at + copied.len()].copy_from_slice(&copied);
        outer + skip
    }

    pub fn string(&mut self, text: &[u8]) -> u64 {
        let address = self.begin(1, 0, 249);
        let size = text.len() as u64;
        self.words(&[size, size, size]);
        self.bytes.extend_from_slice(text);
        self.end();
        address
    }

    pub fn array(&mut self, elements: &[u64]) -> u64 {
        let address = self.begin(1, 0, 246);
        self.words(&[elements.len() as u64; 2]);
        self.words(elements);
        address
    }

    /// A number of GMP's, where `count` is how many words it says it has.
    pub fn gmp(&mut self, count: i32, digits: &[u64]) -> u64 {
        let address = self.begin(24 + digits.len() * 8, 0, 250);
        self.bytes.extend_from_slice(&count.to_le_bytes());
        self.bytes.extend_from_slice(&count.to_le_bytes());
        self.words(&[address + 24]);
        self.words(digits);
        address
    }

    pub fn name(&mut self, dotted: &str) -> u64 {
        dotted.split('.').fold(boxed(0), |prefix, part| {
            let part = self.string(format!("{part}\0").as_bytes());
            self.ctor(1, &[prefix, part], &COMPUTED)
        })
    }

    pub fn list(&mut self, elements: &[u64]) -> u64 {
        let cells = elements.iter().rev();
        cells.fold(boxed(0), |rest, element| {
            self.ctor(1, &[*element, rest], &[])
        })
    }

    /// A level or an expression: their objects differ from others in what is computed.
    pub fn term(&mut self, tag: u8, fields: &[u64]) -> u64 {
        self.ctor(tag, fields, &COMPUTED)
    }

    pub fn binder(&mut self, tag: u8, fields: &[u64], info: u8) -> u64 {
        let rest = [&COMPUTED[..], &[info]].concat();
        self.ctor(tag, fields, &rest)
    }

    pub fn sort(&mut self) -> u64 {
        self.term(3, &[boxed(0)])
    }

    /// `axiom name : ty`
    pub fn axiom(&mut self, name: u64, ty: u64) -> u64 {
        let common = self.ctor(0, &[name, boxed(0), ty], &[]);
        let own = self.ctor(0, &[common], &[0]);
        self.ctor(0, &[own], &[])
    }

    /// `def name : ty := value`
    pub fn definition(&mut self, name: u64, ty: u64, value: u64) -> u64 {
        let common = self.ctor(0, &[name, boxed(0), ty], &[]);
        let all = self.list(&[name]);
        let own = self.ctor(0, &[common, value, boxed(0), all], &[1]);
        self.ctor(1, &[own], &[])
    }

    /// A module of these constants with these names.
    pub fn module(mut self, names: &[u64], constants: &[u64]) -> Vec<u8> {
        let names = self.array(names);
        let constants = self.array(constants);
        let none = self.array(&[]);
        let root = self.ctor(0, &[none, names, constants, none, none], &[0]);
        self.finish(root)
    }

    pub fn finish(mut self, root: u64) -> Vec<u8> {
        let at = 80 + self.word;
        self.bytes[at..at + self.word].copy_from_slice(&root.to_le_bytes()[..self.word]);
        self.bytes
    }
}

/// A file with `axiom a : …`, whatever `build` makes of it.
pub fn axiom(word: usize, build: impl FnOnce(&mut File) -> u64) -> Vec<u8> {
    let mut file = File::new(word, 0x5550_0000);
    let ty = build(&mut file);
    let name = file.name("a");
    let axiom = file.axiom(name, ty);
    file.module(&[name], &[axiom])
}
