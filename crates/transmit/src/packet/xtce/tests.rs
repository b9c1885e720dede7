use super::*;

const DOCUMENT: &str = r#"<?xml version="1.0"?>
<SpaceSystem name="T"><TelemetryMetaData>
<ParameterTypeSet>
 <IntegerParameterType name="u3"><IntegerDataEncoding sizeInBits="3"/></IntegerParameterType>
 <IntegerParameterType name="s13"><IntegerDataEncoding sizeInBits="13" encoding="twosComplement"/></IntegerParameterType>
 <FloatParameterType name="volts"><UnitSet><Unit>V</Unit></UnitSet><IntegerDataEncoding sizeInBits="8">
  <DefaultCalibrator><PolynomialCalibrator><Term coefficient="-1" exponent="0"/><Term coefficient="0.5" exponent="1"/>
  </PolynomialCalibrator></DefaultCalibrator></IntegerDataEncoding></FloatParameterType>
 <EnumeratedParameterType name="mode"><IntegerDataEncoding sizeInBits="8"/><EnumerationList>
  <Enumeration value="2" label="SCIENCE"/></EnumerationList></EnumeratedParameterType>
 <StringParameterType name="text"><StringDataEncoding><SizeInBits><Fixed><FixedValue>24</FixedValue></Fixed></SizeInBits>
  </StringDataEncoding></StringParameterType>
</ParameterTypeSet>
<ParameterSet>
 <Parameter name="KIND" parameterTypeRef="u3"/><Parameter name="ANGLE" parameterTypeRef="s13"/>
 <Parameter name="BUS" parameterTypeRef="volts"/><Parameter name="MODE" parameterTypeRef="/T/mode"/>
 <Parameter name="NOTE" parameterTypeRef="text"/>
</ParameterSet>
<ContainerSet>
 <SequenceContainer name="Root" abstract="true"><EntryList><ParameterRefEntry parameterRef="KIND"/>
  <ParameterRefEntry parameterRef="ANGLE"/></EntryList></SequenceContainer>
 <SequenceContainer name="One"><EntryList><ParameterRefEntry parameterRef="BUS"/><ParameterRefEntry parameterRef="MODE"/>
  <ParameterRefEntry parameterRef="NOTE"/></EntryList><BaseContainer containerRef="Root"><RestrictionCriteria>
  <Comparison parameterRef="KIND" value="5"/></RestrictionCriteria></BaseContainer></SequenceContainer>
</ContainerSet></TelemetryMetaData></SpaceSystem>"#;

#[test]
fn a_packet_is_decoded_by_its_definition() {
    let definitions = Definitions::from_xtce(DOCUMENT).unwrap();
    // KIND 5, ANGLE -2, BUS 10 -> 4 V, MODE 2, "ab".
    let (name, fields) = definitions
        .decode(&[0xbf, 0xfe, 10, 2, b'a', b'b', 0])
        .unwrap();
    assert_eq!(name, "One");
    let values: Vec<Value> = fields.iter().map(|(_, v)| v.clone()).collect();
    assert_eq!(
        values,
        [
            Value::Integer(5),
            Value::Integer(-2),
            Value::Float(4.0),
            Value::Text("SCIENCE".into()),
            Value::Text("ab".into())
        ]
    );
    assert_eq!(fields[2].0.unit.as_deref(), Some("V"));
    assert_eq!(
        definitions.decode(&[0x3f, 0xfe, 10]),
        Err(DecodeFault::NoMatch)
    );
    assert!(matches!(
        definitions.decode(&[0xbf, 0xfe, 10]),
        Err(DecodeFault::Short { .. })
    ));
}

#[test]
fn what_is_wrong_in_a_document_is_named() {
    let cases = [
        (DOCUMENT.replace("\"s13\"/>", "\"s14\"/>"), "s14"),
        (
            DOCUMENT.replace("sizeInBits=\"13\"", "sizeInBits=\"130\""),
            "130",
        ),
        (
            DOCUMENT
                .replace("<PolynomialCalibrator>", "<SplineCalibrator>")
                .replace("</PolynomialCalibrator>", "</SplineCalibrator>"),
            "polynomial",
        ),
        (DOCUMENT.replace("</SpaceSystem>", ""), "ends inside"),
        (
            DOCUMENT.replace("ContainerSet", "Other"),
            "no sequence container",
        ),
        (
            DOCUMENT.replace("containerRef=\"Root\"", "containerRef=\"Rot\""),
            "Rot",
        ),
    ];
    for (text, said) in cases {
        let fault = Definitions::from_xtce(&text).unwrap_err().to_string();
        assert!(fault.contains(said), "{fault}");
    }
    let circle = DOCUMENT.replace(
        "<ParameterRefEntry parameterRef=\"BUS\"/>",
        "<ContainerRefEntry containerRef=\"One\"/>",
    );
    let definitions = Definitions::from_xtce(&circle).unwrap();
    assert_eq!(definitions.decode(&[0xbf; 900]), Err(DecodeFault::Depth));
    assert_eq!(definitions.fields("One"), None);
}
